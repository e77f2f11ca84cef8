import type { Chain } from '../chains/chain.ts'
import type { Policy } from '../config.ts'
import { BridgeError } from '../errors.ts'
import { type Currency, decimalsOf } from '../money/currency.ts'
import { type Money, money } from '../money/money.ts'

/** Who pays out in a currency from his own account at a bank, and is paid with a token on a chain, at par. */
export type PayoutPartner = Policy['payoutPartners'][number]

/** Throws `route_unsupported`: without a partner nobody pays out. */
export const partnerFor = (partners: readonly PayoutPartner[], currency: Currency): PayoutPartner => {
  const partner = partners.find(each => each.currency === currency)
  if (partner === undefined) throw new BridgeError('route_unsupported', { asset: currency, reason: 'no partner pays out in it' })
  return partner
}

/** Before the first transfer is paid out: a partner can be paid. Throws `config_invalid` for an address that is none. */
export const checkPartners = (partners: readonly PayoutPartner[], chains: ReadonlyMap<string, Chain>): void => {
  const problems = partners.flatMap(({ currency, chain, address }) => {
    try {
      chains.get(chain)?.parseAddress(address)
      return []
    } catch (error) {
      return [`CAUSEWAY_POLICY.payoutPartners ${currency}: ${(error as Error).message}`]
    }
  })
  if (problems.length > 0) throw new BridgeError('config_invalid', { problems })
}

/** The same amount in the partner's token, whose minor unit is no coarser. */
export const atPar = ({ currency, minor }: Money, token: Currency): Money =>
  money(token, minor * 10n ** BigInt(decimalsOf(token) - decimalsOf(currency)))
