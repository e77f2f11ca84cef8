import type { ChainId } from '../chains/chain.ts'
import type { RailScheme } from '../rails/rail.ts'
import type { Patience } from '../transfer/terms.ts'

/** How long a chain may take, in milliseconds: until a transaction is included, and from there until it is final. */
export type ChainPatience = { readonly inclusionMs: number; readonly finalityMs: number }

/** How long each part of a transfer may take before a person is told. */
export type PatiencePolicy = {
  /** From a debit's order to its settlement, and from a payout's. */
  readonly rails: Readonly<Record<RailScheme, number>>
  readonly chains: ChainPatience
  /** Where a chain takes another time than `chains` says. */
  readonly perChain: { readonly [chain in ChainId]?: ChainPatience }
  /** What a whole transfer may take beside its debit, its clearing and its payout. */
  readonly transferMs: number
}

export type PatienceQuestion = {
  readonly chains: readonly ChainId[]
  readonly debit?: { readonly scheme: RailScheme; readonly clearingMs: number }
  /** How long the customer may take to deposit. */
  readonly depositMs?: number
  readonly payout?: RailScheme
}

/** The patience that a transfer is made with: with the slowest of its chains. What it pays back goes the way it came. */
export const patienceFor = (policy: PatiencePolicy, { chains, debit, depositMs = 0, payout }: PatienceQuestion): Patience => {
  const of = chains.map(chain => policy.perChain[chain] ?? policy.chains)
  const debitMs = debit ? policy.rails[debit.scheme] : 0
  const payoutMs = Math.max(debitMs, payout ? policy.rails[payout] : 0)
  return {
    debitMs,
    inclusionMs: Math.max(0, ...of.map(({ inclusionMs }) => inclusionMs)),
    finalityMs: Math.max(0, ...of.map(({ finalityMs }) => finalityMs)),
    payoutMs,
    transferMs: policy.transferMs + depositMs + debitMs + (debit?.clearingMs ?? 0) + payoutMs,
  }
}
