import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { formatDecimal, type Money, money } from '../money/money.ts'

/** How much may be owed to us before we stop lending more, in minor units. A currency without a limit has none. */
export type ExposurePolicy = {
  /** One bank account, after late returns: above it nothing of its debits is advanced any more, and every release waits until the debit is final. */
  readonly perPayer: { readonly [C in Currency]?: bigint }
  /**
   * One tenant, after late returns and by what is advanced before its debits are final: what would take it over the limit is refused. When the
   * returns alone have, every debit is that can come back.
   */
  readonly perTenant: { readonly [C in Currency]?: bigint }
}

/** In minor units of one currency. */
export type Exposure = {
  /** What the payer owes after late returns. */
  readonly payerMinor: bigint
  /** What all payers of the tenant do. */
  readonly tenantMinor: bigint
  /** What is advanced to the tenant: it will be owed if the debits come back. */
  readonly advancedMinor: bigint
}

/** Whether a payer is advanced anything before his debit is final. Throws `exposure_limit_exceeded` when the tenant owes more than its limit. */
export const mayAdvance = ({ perPayer, perTenant }: ExposurePolicy, exposure: Exposure, { currency }: Money): boolean => {
  const limit = perTenant[currency]
  if (limit !== undefined && exposure.tenantMinor > limit) throw exceeded(currency, limit)
  const payerLimit = perPayer[currency]
  return payerLimit === undefined || exposure.payerMinor <= payerLimit
}

/**
 * What a tenant may owe in all, where something is advanced to it: the opening asks once more, since others are opened meanwhile. Null where
 * there is no limit. Throws `exposure_limit_exceeded` when it would owe more by now.
 */
export const limitOf = ({ perTenant }: ExposurePolicy, exposure: Exposure, { currency, minor }: Money): bigint | null => {
  const limit = perTenant[currency]
  if (limit === undefined) return null
  if (exposure.tenantMinor + exposure.advancedMinor + minor > limit) throw exceeded(currency, limit)
  return limit
}

const exceeded = (currency: Currency, limit: bigint) =>
  new BridgeError('exposure_limit_exceeded', { asset: currency, limit: formatDecimal(money(currency, limit)) })
