import type { Chain } from '../chains/chain.ts'
import type { WayBack } from '../chains/deposits.ts'
import type { Screening } from '../policy/screening.ts'
import type { DepositStore } from './store.ts'
import type { KnownStray } from './stray-row.ts'

export type Looker = {
  readonly store: DepositStore
  readonly chains: ReadonlyMap<string, Chain>
  readonly screening: Screening
}

/**
 * Looks at cases that are not over: what our keys can send back is ordered, what its payer can take back is left to him and looked at now and
 * then, and what neither can is a person's. Returns how many it has looked at. Throws what the first chain that does not answer has thrown, after
 * the others were asked.
 */
export const lookAtCases = async (looker: Looker): Promise<number> => {
  const due = await looker.store.claimCases([...looker.chains.keys()])
  const answers = await Promise.allSettled(due.map(stray => look(looker, stray)))
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
  return due.length
}

const look = async ({ store, chains, screening }: Looker, stray: KnownStray): Promise<void> => {
  const desk = chains.get(stray.chain)?.deposits
  const way: WayBack = desk ? await desk.wayBack(stray) : { kind: 'none', detail: 'the chain takes no deposits' }
  switch (way.kind) {
    case 'over':
      return store.settleCase(stray.id, 'gone', { detail: 'it is not there any more, and not by us' })
    case 'byItself':
      return store.settleCase(stray.id, 'self_serve', { reclaimAfter: way.from })
    case 'none':
      return store.settleCase(stray.id, 'person', { code: 'no_way_back', detail: way.detail })
    case 'byUs': {
      const screened = await screening.check({ key: stray.id, names: [], accounts: [], addresses: [stray.payer] })
      if (screened.kind === 'done') return store.orderReturn(stray)
      return screened.kind === 'refused' ? store.settleCase(stray.id, 'person', screened) : undefined
    }
  }
}
