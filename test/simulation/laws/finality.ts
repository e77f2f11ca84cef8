import type { ChainEvidence, EscrowMoment, Evidence, MomentEvidence } from '../evidence.ts'
import type { Law } from './finding.ts'
import { isRefund } from './refund-orders.ts'
import { isUndone } from './undone.ts'

/** Law 5: no release, no commit and no payout before finality on the true chain, nor before the debit has cleared. */
export const finality: Law = evidence =>
  evidence.moments.flatMap(moment => {
    const isOfBank = moment.wish === 'debit' || moment.wish === 'credit'
    const transfer = evidence.tables.transfers.find(({ id }) => id === moment.transfer)
    const onItsWord =
      transfer !== undefined && isUndone(evidence, transfer, moment.atMs)
        ? []
        : moment.wish === 'payBack'
          ? []
          : (isOfBank ? atTheBank : onChain)(evidence, moment)
    return [...onItsWord, ...beforeClearing(evidence, moment)].map(what => `${moment.transfer}: ${what}`)
  })

const onChain = (evidence: Evidence, moment: MomentEvidence): string[] => {
  const { transfer, wish, role, atMs, escrows } = moment
  const route = routeOf(evidence, transfer)
  const broken: string[] = []
  const own = escrows.find(escrow => escrow.role === role)
  const isFirst = wish === 'commit' || (wish === 'release' && role === 'hold' && (route === 'onramp' || route === 'crosschain'))
  if ((wish === 'release' || wish === 'commit') && own?.lockHeight === undefined)
    broken.push(`a ${wish} was sent without a lock on the chain`)
  else if (isFirst && !isFinal(evidence, own!, own!.lockHeight)) broken.push(`a ${wish} was sent before its lock was final`)
  if (wish === 'release' && (route === 'offramp' || route === 'remittance') && !paidOutAt(evidence, transfer, atMs))
    broken.push('a release was sent before the payout had settled')
  if (route === 'crosschain') broken.push(...acrossChains(evidence, moment))
  return broken
}

const beforeClearing = (evidence: Evidence, { transfer, wish, atMs }: MomentEvidence): string[] => {
  const route = routeOf(evidence, transfer)
  if ((route !== 'onramp' && route !== 'remittance') || (wish !== 'release' && wish !== 'commit')) return []
  const debit = evidence.bank.orders.find(({ description, direction }) => description === transfer && direction === 'debit')
  if (debit?.settledAtMs === undefined) return [`a ${wish} was sent before the debit had settled`]
  const isCleared = atMs >= debit.settledAtMs + evidence.world.clearingMs - evidence.world.skewMs
  return isCleared ? [] : [`a ${wish} was sent before the debit had cleared`]
}

/** What is done on one chain rests on what is final on the other. */
const acrossChains = (evidence: Evidence, { wish, role, escrows }: MomentEvidence): string[] => {
  const deposit = escrows.find(escrow => escrow.role === 'deposit')
  const hold = escrows.find(escrow => escrow.role === 'hold')
  if (deposit === undefined || hold === undefined) return [`a ${wish} was sent for escrows that nobody knows`]
  const endIsFinal = (escrow: EscrowMoment) => isFinal(evidence, escrow, escrow.endHeight)
  if (role === 'hold' && wish === 'lock' && !(deposit.status === 'committed' && endIsFinal(deposit)))
    return [`the treasury locked while the deposit was ${deposit.status}, or not for good`]
  if (role === 'hold' && wish === 'release' && deposit.status !== 'committed')
    return [`delivered while the deposit was ${deposit.status}`]
  if (role === 'deposit' && wish === 'release' && !(hold.status === 'released' && endIsFinal(hold)))
    return [`the deposit was taken while the delivery was ${hold.status}, or not for good`]
  if (role !== 'deposit' || wish !== 'refund') return []
  if (hold.lockMayCome) return ['the deposit was given back while the lock of what it pays for could still come']
  if (hold.status === 'none') return []
  return ['refunded', 'clawedBack'].includes(hold.status) && endIsFinal(hold)
    ? []
    : [`the deposit was given back while what it pays for was ${hold.status}, or not for good`]
}

const atTheBank = (evidence: Evidence, { transfer, wish, place, escrows }: MomentEvidence): string[] => {
  const [escrow] = escrows
  if (wish !== 'credit' || escrow === undefined) return []
  const { status, lockHeight, lockMayCome } = escrow
  const endIsFinal = isFinal(evidence, escrow, escrow.endHeight)
  if (routeOf(evidence, transfer) === 'offramp' || place === evidence.world.partnerAccount) {
    const commits = escrow.role === 'deposit' || chainOf(evidence, escrow).flavour === 'evm'
    // What its issuer takes while the order is on its way to the bank, nobody could know of: that is the house's risk.
    if (status === 'clawedBack') return []
    if (status !== (commits ? 'committed' : 'locked')) return [`paid out while its escrow was ${status}`]
    return (commits ? endIsFinal : isFinal(evidence, escrow, lockHeight)) ? [] : ['paid out before that was final']
  }
  const broken: string[] = []
  if (status === 'locked' || status === 'committed') broken.push('credited while its escrow was open')
  else if (status === 'released') broken.push('credited although it was released')
  else if (status !== 'none' && !endIsFinal) broken.push('credited before the end of its escrow was final')
  if (lockMayCome) broken.push('credited while its lock could still come')
  return broken
}

const routeOf = ({ requests, tables }: Evidence, id: string) => {
  const reference = tables.transfers.find(transfer => transfer.id === id)?.terms.reference
  return requests.flatMap(({ bodies }) => bodies).find(body => body.reference === reference)?.route
}

/** Whether the customer had been paid by then, as far as the bank knows. */
const paidOutAt = ({ bank }: Evidence, id: string, atMs: number): boolean =>
  bank.orders.some(
    ({ description, direction, externalId, settledAtMs }) =>
      description === id &&
      direction === 'credit' &&
      !isRefund({ externalId }) &&
      settledAtMs !== undefined &&
      settledAtMs <= atMs,
  )

const chainOf = ({ chains }: Evidence, { chain }: EscrowMoment): ChainEvidence => chains.find(({ id }) => id === chain)!

const isFinal = (evidence: Evidence, moment: EscrowMoment, at: number | undefined): boolean => {
  if (at === undefined) return false
  const { level, confirmations } = chainOf(evidence, moment).finality
  return level === 'latest'
    ? at + confirmations <= moment.height
    : at <= (level === 'safe' ? moment.safeHeight : moment.finalHeight)
}
