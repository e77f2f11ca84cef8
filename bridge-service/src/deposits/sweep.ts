import type { Chain } from '../chains/chain.ts'
import type { Holding } from '../chains/deposits.ts'
import { type Currency, currencies } from '../money/currency.ts'
import { addressTermsOf } from '../transfer/hold.ts'
import type { AddressAct, AddressStore } from './address-store.ts'
import { type Awaited, judgeAddress, type Verdict } from './at-address.ts'
import type { Watched } from './watched.ts'

export type Sweeper = {
  readonly store: AddressStore
  readonly chains: ReadonlyMap<string, Chain>
  /** A new id of a case. */
  readonly newId: () => string
}

/**
 * Looks at the deposit addresses that are due: orders the lock of what is enough, and makes a case of what must go back. It reads balances only,
 * so that whatever a reorg has done is seen at the next look. Returns how many it has looked at. Throws what the first chain that does
 * not answer has thrown, after the others were asked.
 */
export const sweepAddresses = async (sweeper: Sweeper): Promise<number> => {
  const { store, chains } = sweeper
  const served = [...chains.values()].filter(({ deposits }) => deposits?.addresses !== undefined)
  if (served.length === 0) return 0
  const due = await store.claimWatched(served.map(({ id }) => id))
  const byChain = Map.groupBy(due, ({ deposit }) => deposit.chain)
  const turns = await Promise.allSettled([...byChain].map(([id, watched]) => sweepChain(sweeper, chains.get(id)!, watched)))
  for (const turn of turns) if (turn.status === 'rejected') throw turn.reason
  return due.length
}

const sweepChain = async ({ store, newId }: Sweeper, chain: Chain, all: readonly Watched[]): Promise<void> => {
  const holdings = await chain.deposits!.addresses!.look(all.map(ownTermsOf))
  const verdicts = all.map((watched, index) => verdictOn(chain, watched, holdings[index]!))
  for (const [index, verdict] of verdicts.entries())
    if (verdict.lock || verdict.strays.length > 0) await store.act(actOn(chain, all[index]!, verdict, newId))
  await store.keepSeen(verdicts.map(({ seen, nextLookMs }, index) => ({ transferId: all[index]!.transferId, seen, nextLookMs })))
}

const verdictOn = (chain: Chain, watched: Watched, holding: Holding): Verdict => {
  const { currency, amountMinor } = watched.deposit.terms
  const awaited: Awaited = {
    token: chain.tokenAddress(currency),
    units: BigInt(amountMinor) * chain.unitsPerMinor(currency),
  }
  return judgeAddress(watched, holding, awaited)
}

const actOn = (chain: Chain, watched: Watched, { lock, strays }: Verdict, newId: () => string): AddressAct => {
  const { transferId, tenant, deposit, cases } = watched
  const terms = ownTermsOf(watched)
  return {
    ...{ transferId, chain: chain.id, terms, lock },
    strays: strays.map(({ token, units, reason }) => ({
      ...{ id: newId(), chain: chain.id, ref: terms.ref, transferId, tenant, token, units: units.toString(), reason },
      // Nothing tells of it but the balance.
      fact: `${deposit.terms.payer}:${token}:${cases.filter(each => each.token === token).length}`,
      ...{ payer: terms.payer, currency: currencyOf(chain, token), escrowId: null, balanceId: null, address: terms },
      // None of it has reached the treasury.
      ...{ bookedMinor: 0n, refundAfter: null, state: 'waiting' as const },
    })),
  }
}

const ownTermsOf = ({ deposit }: Watched) => addressTermsOf(deposit)!

const currencyOf = (chain: Chain, token: string): Currency | null =>
  (Object.keys(currencies) as Currency[]).find(one => chain.supports(one) && chain.tokenAddress(one) === token) ?? null
