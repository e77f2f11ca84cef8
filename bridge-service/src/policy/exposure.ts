import { BridgeError } from '../errors.ts'
import type { Currency } from '../money/currency.ts'
import { formatDecimal, type Money, money } from '../money/money.ts'

/** How much may be owed to us after late returns before we stop lending more, in minor units. A currency without a limit has none. */
export type ExposurePolicy = {
  /** One bank account: above it nothing of its debits is advanced any more, and every release waits until the debit is final. */
  readonly perPayer: { readonly [C in Currency]?: bigint }
  /** One tenant: above it debits that can come back are refused. */
  readonly perTenant: { readonly [C in Currency]?: bigint }
}

/** What is owed, in minor units of the debit's currency. */
export type Exposure = { readonly payerMinor: bigint; readonly tenantMinor: bigint }

/** Whether a payer is advanced anything before his debit is final. Throws `exposure_limit_exceeded` when the tenant is over its limit. */
export const mayAdvance = ({ perPayer, perTenant }: ExposurePolicy, exposure: Exposure, { currency }: Money): boolean => {
  const limit = perTenant[currency]
  if (limit !== undefined && exposure.tenantMinor > limit)
    throw new BridgeError('exposure_limit_exceeded', { asset: currency, limit: formatDecimal(money(currency, limit)) })
  const payerLimit = perPayer[currency]
  return payerLimit === undefined || exposure.payerMinor <= payerLimit
}
