import type { Law } from './finding.ts'

/** Law 3: release and refund of one escrow never both happen, and one transfer never locks twice. */
export const escrowEnds: Law = ({ chains, world }) =>
  chains.flatMap(({ done, escrows }) => {
    const broken: string[] = []
    const ends = new Map<string, string[]>()
    for (const { escrowId, action, brought } of done)
      if (
        brought === undefined &&
        action !== 'lock' &&
        action !== 'bring' &&
        action !== 'pay' &&
        action !== 'transfer' &&
        action !== 'lockThere' &&
        action !== 'recover' &&
        action !== 'commit' &&
        action !== 'collect' &&
        action !== 'reclaim'
      )
        ends.set(escrowId, [...(ends.get(escrowId) ?? []), action])
    for (const [escrowId, actions] of ends)
      if (actions.length > 1) broken.push(`escrow ${escrowId} ended by ${actions.join(' and ')}`)
    const ours = escrows.filter(({ terms }) => world.ownPayers.includes(terms.payer)).map(({ terms }) => terms.ref)
    if (new Set(ours).size !== ours.length) broken.push('two escrows of ours under one ref')
    return broken
  })
