import type { EscrowTerms } from '../escrow-terms.ts'
import type { Evidence } from '../evidence.ts'
import { ownerOf } from './at-addresses.ts'
import type { Law } from './finding.ts'
import { isDoubted } from './statements.ts'
import { isWithPerson } from './strays.ts'
import { isLost } from './undone.ts'

type Wanted = Evidence['requests'][number]['bodies'][number]
type Transfer = Evidence['tables']['transfers'][number]

/** What became of one transfer, by the books of the bank and of the chain alone. */
type Ending = {
  /** The customer's money is ours, or went on from us. */
  readonly gave: boolean
  readonly got: boolean
  /** He has back what he gave. */
  readonly hasBack: boolean
  /** His debit came back by itself, after it had settled. */
  readonly isReturned: boolean
  /** What was delivered came back to us, since nobody collected it. */
  readonly isReclaimed: boolean
  /** Things that must never be, whatever the route. */
  readonly wrong: readonly string[]
}

/** Law 2: what a customer gives ends in exactly one of delivered, given back, in a person's hands. Never two, and never something for nothing. */
export const endings: Law = evidence =>
  evidence.tables.transfers.flatMap(transfer => {
    const { id, state } = transfer
    const wanted = wantedBy(evidence, transfer)
    const broken = wanted === undefined ? ['nobody wanted this'] : judge(evidence, transfer, wanted)
    return broken.map(what => `${id} (${wanted?.route}, ${state}): ${what}`)
  })

/** What a client has asked for that this transfer is of. */
export const wantedBy = ({ requests }: Evidence, { terms }: Transfer): Wanted | undefined =>
  requests
    .flatMap(({ bodies }) => bodies)
    .find(body => body.reference === terms.reference && body.paidMinor === terms.sourceAmount.minor)

const judge = (evidence: Evidence, transfer: Transfer, wanted: Wanted): string[] => {
  const { state, id } = transfer
  const end = endingOf(evidence, transfer, wanted)
  const { gave, got, hasBack, isReturned, isReclaimed } = end
  const inHands = state === 'review' || isInHands(evidence, id)
  // A person compares the statement with the books: the bank may have told of the rest nowhere else.
  if (isDoubted(evidence, id)) return [...end.wrong]
  const broken = [...end.wrong]
  if (isLost(evidence, transfer)) return broken
  const say = (what: string, isSo: boolean) => isSo && broken.push(what)
  // On an on-ramp the house alone decides; a bank that pays what it has refused can serve a customer twice, and then a person has it.
  say('delivered and given back', got && hasBack && !(inHands && wanted.route !== 'onramp'))
  say('delivered for nothing', got && !gave && !(inHands && (isReturned || hasDeposit(wanted))))
  say('given back what was never given', hasBack && !gave && !hasDeposit(wanted) && !(isReturned && inHands))
  say('what he gave is with us, and nobody minds it', gave && !got && !hasBack && !inHands)
  say('a delivery came back, and nobody knows', isReclaimed && state !== 'review')
  say('it says completed', state === 'completed' && !(gave && got && !hasBack))
  say('it says compensated', state === 'compensated' && (got || (gave && !hasBack)))
  say(
    'it says that nothing happened',
    (state === 'failed' || state === 'canceled') && (got || gave || (hasBack && !hasDeposit(wanted))),
  )
  return broken
}

/** What he had put on a chain himself goes back to him, whoever took it from there: that he gave it shows only while it is ours. */
const hasDeposit = ({ route }: Wanted) => route === 'offramp' || route === 'crosschain'

export const endingOf = (evidence: Evidence, { id, escrow_ref: ref }: Transfer, wanted: Wanted): Ending => {
  const { chains, world } = evidence
  const wrong: string[] = []
  const moved = (direction: string, account: string, wholeMinor: string): boolean => {
    const orders = evidence.bank.orders.filter(
      order => order.description === id && order.direction === direction && order.account === account,
    )
    const lines = evidence.bank.lines.filter(({ orderId }) => orders.some(order => order.id === orderId))
    const sum = lines.reduce((total, { amountMinor }) => total + BigInt(amountMinor), 0n)
    const whole = direction === 'debit' ? BigInt(wholeMinor) : -BigInt(wholeMinor)
    if (new Set(lines.map(({ orderId }) => orderId)).size > 1) wrong.push(`more than one ${direction} moved money`)
    if (sum !== 0n && sum !== whole) wrong.push(`the ${direction} moved ${sum} instead of ${whole}`)
    if (orders.some(({ customer }) => customer !== wanted.account)) wrong.push(`a ${direction} of somebody else`)
    return sum !== 0n
  }
  const isReturned = evidence.bank.orders.some(
    ({ description, direction, status }) => description === id && direction === 'debit' && status === 'returned',
  )
  const on = (id: string) => chains.find(chain => chain.id === id)!.escrows.filter(({ terms }) => terms.ref === ref)
  const escrows = on(wanted.into ?? wanted.chain)
  const ours = escrows.filter(({ terms }) => world.ownPayers.includes(terms.payer))
  const released = ours.filter(({ status }) => status === 'released')
  if (released.length > 1) wrong.push('released twice')
  const delivered = released.filter(({ terms }) => terms.payee === wanted.address && terms.amountMinor === wanted.deliveredMinor)
  const isElsewhere = delivered.length !== released.length
  if ((wanted.route === 'onramp' || wanted.route === 'crosschain') && isElsewhere)
    wrong.push('released something else to somebody else')
  const deposit = depositOf(evidence, ref, wanted)
  switch (wanted.route) {
    case 'onramp':
      return {
        gave: moved('debit', world.ownAccount, wanted.paidMinor),
        got: delivered.some(({ delivery }) => delivery !== 'reclaimed'),
        hasBack: moved('credit', world.ownAccount, wanted.paidMinor),
        isReclaimed: delivered.some(({ delivery }) => delivery === 'reclaimed'),
        ...{ isReturned, wrong },
      }
    case 'remittance': {
      const got = moved('credit', world.partnerAccount, wanted.deliveredMinor)
      const isPaid = released.some(({ terms, delivery }) => terms.payee === world.partner && delivery !== 'reclaimed')
      return {
        gave: moved('debit', world.ownAccount, wanted.paidMinor),
        got,
        hasBack: moved('credit', world.ownAccount, wanted.paidMinor),
        isReclaimed: got && released.length > 0 && !isPaid,
        ...{ isReturned, wrong },
      }
    }
    case 'crosschain':
      return {
        gave: deposit === 'kept',
        got: delivered.some(({ delivery }) => delivery !== 'reclaimed'),
        hasBack: deposit === 'back',
        isReclaimed: delivered.some(({ delivery }) => delivery === 'reclaimed'),
        ...{ isReturned, wrong },
      }
    case 'offramp':
      return {
        gave: deposit === 'kept',
        got: moved('credit', world.ownAccount, wanted.deliveredMinor),
        hasBack: deposit === 'back',
        isReclaimed: false,
        ...{ isReturned, wrong },
      }
  }
}

/**
 * Nobody can say whether its order is under way: the bank says nothing about the key, or does not know it, and it is too late to send it
 * again, or a person has the transfer anyway. The house holds everything until he has asked.
 */
export const isInHands = ({ bank, tables, world }: Evidence, id: string): boolean => {
  const isSeenTo = tables.transfers.some(transfer => transfer.id === id && transfer.state === 'review')
  return tables.intents.some(
    ({ transfer_id, step, key, status, created_at }) =>
      transfer_id === id &&
      status === 'UNKNOWN' &&
      step.endsWith('Fiat') &&
      (isSeenTo || world.endMs - Date.parse(created_at) > world.keyRetentionMs) &&
      (bank.silentKeys.includes(key) || !bank.orders.some(order => order.key === key)),
  )
}

/** What became of what he was to bring: out of an escrow of his own, or out of what he has brought to a ledger. */
const depositOf = (evidence: Evidence, ref: string, { chain: id, address, paidMinor }: Wanted): 'kept' | 'back' | 'gone' => {
  const chain = evidence.chains.find(chain => chain.id === id)!
  const isHis = ({ terms }: { readonly terms: EscrowTerms }) =>
    terms.ref === ref && ownerOf(chain, terms.payer) === address && terms.amountMinor === paidMinor && terms.currency === 'USDC'
  const ends = [
    ...chain.escrows.filter(isHis).map(({ status }) => status),
    ...chain.brought.filter(each => isHis(each) && !isWithPerson(evidence, chain, each.fact)).map(({ status }) => status),
  ]
  if (ends.some(end => end === 'released' || end === 'claimed')) return 'kept'
  return ends.some(end => end === 'refunded' || end === 'returned' || end === 'takenBack') ? 'back' : 'gone'
}
