import type { LedgerAccount, Trustline } from '../../../../bridge-service/src/chains/stellar/horizon.ts'
import type { SimChain } from '../../chain/chain.ts'
import type { ChainState } from '../../chain/escrow.ts'
import { assetNameOf, cold, hot, isChannel, issuer, nameOf } from './accounts.ts'
import { stroopsOf } from './customers.ts'
import type { Means } from './means.ts'
import { firstSequence } from './sequence.ts'

const mostStroops = 2n ** 63n - 1n
const manyLumens = 10n ** 11n
const currencies = ['USDC', 'EURC']

/** Accounts as Horizon shows them, as of one of its blocks. What a contract would call its pause is here that the issuer has frozen our lines. */
export const accountsShown = (nowMs: () => number, { countOf, circumstances }: SimChain, means: Means) => {
  const line = (balance: bigint, authorized = true): Trustline => ({
    ...{ balance, limit: mostStroops, buying: 0n, selling: 0n, authorized },
  })
  const linesOf = (id: string, stateNow: () => ChainState): [string, Trustline][] => {
    if (isChannel(id) || id === issuer) return []
    if (id !== hot && id !== cold)
      return means.hasLine(nameOf(id), nowMs()) ? currencies.map(currency => [assetNameOf(currency), line(0n)]) : []
    const isFree = nowMs() >= circumstances.pausedUntilMs
    const isEmpty = id === cold || nowMs() < circumstances.emptyUntilMs
    return [
      [assetNameOf('USDC'), line(isEmpty ? 0n : stroopsOf(stateNow().treasuryMinor), isFree)],
      // Whatever else customers bring lies beside what the treasury counts.
      [assetNameOf('EURC'), line(id === cold ? 0n : mostStroops / 2n, isFree)],
    ]
  }

  return (id: string, state: () => ChainState, head: number, ledger: bigint): LedgerAccount => ({
    ...{ id, asOf: ledger, authRequired: true },
    sequence: isChannel(id) ? firstSequence + BigInt(countOf(id, head)) : 0n,
    spareNative: () => (id !== hot || means.hasLumens(nowMs()) ? manyLumens : 0n),
    lines: new Map(linesOf(id, state)),
  })
}
