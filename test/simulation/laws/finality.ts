import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

type Heights = { readonly height: number; readonly safeHeight: number; readonly finalHeight: number }

/** Law 5: no release, no commit and no payout before finality on the true chain, nor before the debit has cleared. */
export const finality: Law = evidence => [...onChain(evidence), ...atTheBank(evidence)]

const onChain = (evidence: Evidence): string[] => {
  const { chain, bank, tables, world } = evidence
  const broken: string[] = []
  for (const { ref, action, atMs, lockHeight, ...heights } of chain.asked) {
    if (action !== 'release' && action !== 'commit') continue
    const transfer = tables.transfers.find(({ escrow_ref }) => escrow_ref === ref)
    const id = transfer?.id ?? ref
    const route = routeOf(evidence, id)
    if (lockHeight === undefined) broken.push(`${id}: a ${action} was sent without a lock on the chain`)
    else if (action === 'commit' || route === 'onramp')
      if (!isFinal(evidence, lockHeight, heights)) broken.push(`${id}: a ${action} was sent before its lock was final`)
    if (route !== 'onramp' && action === 'release' && !paidOutAt(evidence, id, atMs))
      broken.push(`${id}: a release was sent before the payout had settled`)
    if (route === 'offramp') continue
    const debit = bank.orders.find(({ description, direction }) => description === id && direction === 'debit')
    if (debit?.settledAtMs === undefined) broken.push(`${id}: a ${action} was sent before the debit had settled`)
    else if (atMs < debit.settledAtMs + world.clearingMs - world.skewMs)
      broken.push(`${id}: a ${action} was sent before the debit had cleared`)
  }
  return broken
}

const atTheBank = (evidence: Evidence): string[] => {
  const { bank, world } = evidence
  const broken: string[] = []
  for (const { transfer, direction, account, escrow, lockHeight, endHeight, lockMayCome, ...heights } of bank.moments) {
    if (direction !== 'credit') continue
    const say = (what: string) => broken.push(`${transfer}: ${what}`)
    const endIsFinal = endHeight !== undefined && isFinal(evidence, endHeight, heights)
    if (routeOf(evidence, transfer) === 'offramp' || account === world.partnerAccount) {
      const commits = world.flavour === 'evm'
      // What its issuer takes while the order is on its way to the bank, nobody could know of: that is the house's risk.
      if (escrow === 'clawedBack') continue
      if (escrow !== (commits ? 'committed' : 'locked')) say(`paid out while its escrow was ${escrow}`)
      else if (commits ? !endIsFinal : lockHeight === undefined || !isFinal(evidence, lockHeight, heights))
        say('paid out before that was final')
      continue
    }
    if (escrow === 'locked' || escrow === 'committed') say('credited while its escrow was open')
    else if (escrow === 'released') say('credited although it was released')
    else if (escrow !== 'none' && !endIsFinal) say('credited before the end of its escrow was final')
    if (lockMayCome) say('credited while its lock could still come')
  }
  return broken
}

const routeOf = ({ requests, tables }: Evidence, id: string) => {
  const reference = tables.transfers.find(transfer => transfer.id === id)?.terms.reference
  return requests.flatMap(({ bodies }) => bodies).find(body => body.reference === reference)?.route
}

/** Whether the customer had been paid by then, as far as the bank knows. */
const paidOutAt = ({ bank }: Evidence, id: string, atMs: number): boolean =>
  bank.orders.some(
    ({ description, direction, settledAtMs }) =>
      description === id && direction === 'credit' && settledAtMs !== undefined && settledAtMs <= atMs,
  )

const isFinal = ({ world: { finality } }: Evidence, at: number, { height, safeHeight, finalHeight }: Heights): boolean =>
  finality.level === 'latest'
    ? at + finality.confirmations <= height
    : at <= (finality.level === 'safe' ? safeHeight : finalHeight)
