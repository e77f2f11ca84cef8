import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

type Heights = { readonly height: number; readonly safeHeight: number; readonly finalHeight: number }

/** Law 5: no release and no payout before finality on the true chain, nor before the debit has cleared. */
export const finality: Law = evidence => {
  const { chain, bank, tables, world } = evidence
  const broken: string[] = []
  for (const { ref, action, atMs, lockHeight, ...heights } of chain.asked) {
    if (action !== 'release') continue
    const id = tables.transfers.find(({ escrow_ref }) => escrow_ref === ref)?.id ?? ref
    if (lockHeight === undefined) broken.push(`${id}: a release was sent without a lock on the chain`)
    else if (!isFinal(evidence, lockHeight, heights)) broken.push(`${id}: a release was sent before its lock was final`)
    const debit = bank.orders.find(({ description, direction }) => description === id && direction === 'debit')
    if (debit?.settledAtMs === undefined) broken.push(`${id}: a release was sent before the debit had settled`)
    else if (atMs < debit.settledAtMs + world.clearingMs - world.skewMs)
      broken.push(`${id}: a release was sent before the debit had cleared`)
  }
  for (const { transfer, direction, escrow, endHeight, lockMayCome, ...heights } of bank.moments) {
    if (direction !== 'credit') continue
    if (escrow === 'locked' || escrow === 'committed') broken.push(`${transfer}: credited while its escrow was open`)
    else if (escrow === 'released') broken.push(`${transfer}: credited although it was released`)
    else if (escrow !== 'none' && (endHeight === undefined || !isFinal(evidence, endHeight, heights)))
      broken.push(`${transfer}: credited before the end of its escrow was final`)
    if (lockMayCome) broken.push(`${transfer}: credited while its lock could still come`)
  }
  return broken
}

const isFinal = ({ world: { finality } }: Evidence, at: number, { height, safeHeight, finalHeight }: Heights): boolean =>
  finality.level === 'latest'
    ? at + finality.confirmations <= height
    : at <= (finality.level === 'safe' ? safeHeight : finalHeight)
