import type { Address, Hex } from 'viem'
import { type Bucket, emptyBucket, overdrawn, refilled, taken, underNewLimits } from './bucket.ts'
import type { AuditLog, EscrowEvent } from './decode.ts'
import type { Discrepancy, DiscrepancyCode, Place } from './discrepancy.ts'
import { type LockedTerms, termsId } from './terms-id.ts'

export type AuditLimits = {
  readonly capacity: bigint
  readonly refillPerDay: bigint
  readonly attestationThreshold: bigint
  readonly attestationQuorum: number
}

/** The contract's numbers of its statuses. */
export const status = { none: 0, locked: 1, released: 2, refunded: 3, committed: 4 } as const
export type Status = (typeof status)[keyof typeof status]

export type FoldedEscrow = {
  readonly id: Hex
  readonly terms: LockedTerms
  readonly locked: Place
  status: Status
  ended?: Place
  credited?: boolean
}

export type FoldedToken = {
  sequence: number
  allowed: boolean
  paused: boolean
  locked: bigint
  credited: bigint
  limits: AuditLimits
  bucket: Bucket
  readonly credits: Map<Address, bigint>
}

export type Folded = {
  readonly escrows: Map<Hex, FoldedEscrow>
  readonly tokens: Map<Address, FoldedToken>
  readonly discrepancies: Discrepancy[]
  events: number
  skipped: number
}

const noLimits: AuditLimits = { capacity: 0n, refillPerDay: 0n, attestationThreshold: 0n, attestationQuorum: 0 }

type EventOf<Name extends EscrowEvent['name']> = Extract<EscrowEvent, { name: Name }>['args']

/**
 * Adds up the events of an escrow contract, one after the other, and says of each whether it can have happened after those before it.
 * Knows nothing of the contract's storage: that is what the sum is compared with afterwards.
 */
export const foldEvents = (domain: { chainId: number; escrow: Address }) => {
  const folded: Folded = { escrows: new Map(), tokens: new Map(), discrepancies: [], events: 0, skipped: 0 }
  // Of the terminal event that a `Credited` has to follow.
  let ended: { escrow: FoldedEscrow; owner: Address; place: Place } | undefined

  const apply = ({ event, place }: AuditLog, timestamp: bigint): void => {
    folded.events++
    const report = (code: DiscrepancyCode, expected: unknown, found: unknown, about: Partial<Discrepancy> = {}) =>
      folded.discrepancies.push({ code, place, expected: String(expected), found: String(found), ...about })

    if (event === undefined) {
      report('event_unknown', 'an event of the published interface', 'a log that it does not know')
      return
    }
    // An event with a sequence is one of a token's books; the others are roles and skipped items.
    const token = 'sequence' in event.args ? tokenOf(event.args.token) : undefined
    if (token) countSequence(token, event, report)
    const before = ended
    ended = undefined

    switch (event.name) {
      case 'Locked':
        lock(event.args, token!, place, timestamp, report)
        return
      case 'Committed':
        commit(event.args, token!, timestamp, report)
        return
      case 'Released':
      case 'Refunded': {
        const released = event.name === 'Released'
        const owner = 'payee' in event.args ? event.args.payee : event.args.payer
        const escrow = end(event.args, owner, released, token!, place, timestamp, report)
        if (escrow) ended = { escrow, owner, place }
        return
      }
      case 'Credited': {
        const { id, owner, amount } = event.args
        const follows =
          before?.escrow.id === id &&
          before.place.txHash === place.txHash &&
          before.owner === owner &&
          before.escrow.terms.amount === amount
        if (!follows)
          report(
            'credit_unfounded',
            'right after the exit of its escrow, to the party and amount of that exit',
            `${owner} ${amount}`,
            {
              escrowId: id,
            },
          )
        if (before?.escrow.id === id) before.escrow.credited = true
        token!.credited += amount
        token!.credits.set(owner, (token!.credits.get(owner) ?? 0n) + amount)
        return
      }
      case 'CreditClaimed': {
        const { owner, amount } = event.args
        const credit = token!.credits.get(owner) ?? 0n
        if (credit !== amount)
          report('credit_unfounded', `the whole credit of ${owner}, ${credit}`, amount, { token: event.args.token })
        token!.credited -= amount
        token!.credits.set(owner, credit - amount)
        return
      }
      case 'TokenListed':
        if (event.args.sequence !== 1) report('sequence_gap', 'a listing as event 1', event.args.sequence)
        token!.allowed = true
        token!.limits = event.args.limits
        return
      case 'TokenAllowed':
        token!.allowed = event.args.allowed
        return
      case 'TokenPaused':
        token!.paused = event.args.paused
        return
      case 'LimitsChanged':
        token!.bucket = underNewLimits(refilled(token!.bucket, token!.limits, timestamp), event.args.limits)
        token!.limits = event.args.limits
        return
      case 'Skipped':
        folded.skipped++
        // Told between the items of a batch; whatever it is about, nothing happened.
        ended = before
        return
      default:
        return
    }
  }

  type Report = (code: DiscrepancyCode, expected: unknown, found: unknown, about?: Partial<Discrepancy>) => void

  const tokenOf = (address: Address): FoldedToken => {
    const known = folded.tokens.get(address)
    if (known) return known
    const fresh: FoldedToken = {
      ...{ sequence: 0, allowed: false, paused: false, locked: 0n, credited: 0n },
      ...{ limits: noLimits, bucket: emptyBucket, credits: new Map() },
    }
    folded.tokens.set(address, fresh)
    return fresh
  }

  const countSequence = (token: FoldedToken, { name, args }: EscrowEvent, report: Report) => {
    const { sequence, token: address } = args as { sequence: number; token: Address }
    // Somebody's slip in a token that is not listed: it has no books.
    if (name === 'Rescued' && sequence === 0 && token.sequence === 0) return
    const next = token.sequence + 1
    if (sequence > next) report('sequence_gap', `event ${next} of the token`, `event ${sequence}`, { token: address })
    if (sequence < next) report('sequence_repeated', `event ${next} of the token`, `event ${sequence}`, { token: address })
    if (sequence >= next) token.sequence = sequence
  }

  const lock = (args: EventOf<'Locked'>, token: FoldedToken, place: Place, timestamp: bigint, report: Report) => {
    const { id, sequence, ...terms } = args
    const about = { escrowId: id }
    const rightId = termsId(terms, domain)
    if (rightId !== id) report('id_mismatch', `${rightId}, the hash of its terms`, id, about)
    const known = folded.escrows.get(id)
    if (known) {
      report('escrow_exists', 'terms that were never locked before', `locked in ${known.locked.txHash}`, about)
      return
    }
    if (!token.allowed || token.paused)
      report(
        'stopped_token_moved',
        'no lock of this token',
        token.paused ? 'a lock while paused' : 'a lock while not allowed',
        about,
      )
    if (terms.refundAfter <= timestamp)
      report('too_late', `before ${terms.refundAfter}, its refundAfter`, `locked at ${timestamp}`, about)
    token.locked += terms.amount
    folded.escrows.set(id, { id, terms, locked: place, status: status.locked })
  }

  const commit = (args: EventOf<'Committed'>, token: FoldedToken, timestamp: bigint, report: Report) => {
    const escrow = openEscrow(args, [status.locked], report)
    if (!escrow) return
    const about = { escrowId: args.id }
    if (timestamp >= escrow.terms.refundAfter)
      report('too_late', `before ${escrow.terms.refundAfter}, its refundAfter`, `committed at ${timestamp}`, about)
    if (token.paused) report('stopped_token_moved', 'no commit while paused', 'a commit', about)
    take(token, escrow.terms.amount, timestamp, about, report)
    escrow.status = status.committed
  }

  const end = (
    args: EventOf<'Released'> | EventOf<'Refunded'>,
    owner: Address,
    released: boolean,
    token: FoldedToken,
    place: Place,
    timestamp: bigint,
    report: Report,
  ): FoldedEscrow | undefined => {
    const escrow = openEscrow(args, [status.locked, status.committed], report)
    if (!escrow) return undefined
    const about = { escrowId: args.id }
    const { terms } = escrow
    const party = released ? terms.payee : terms.payer
    if (owner !== party) report('terms_mismatch', `${released ? 'payee' : 'payer'} ${party}`, owner, about)
    if (args.amount !== terms.amount) report('terms_mismatch', `amount ${terms.amount}`, args.amount, about)
    // From the deadline on anyone may take the exit, and that is not limited: who it was, the event does not say.
    const mayBeExpiry = escrow.status === status.committed && terms.onExpiry === 1 && timestamp >= terms.hardDeadline
    if (released && !mayBeExpiry) {
      if (token.paused) report('stopped_token_moved', 'no release while paused', 'a release', about)
      take(token, terms.amount, timestamp, about, report)
    }
    token.locked -= terms.amount
    escrow.status = released ? status.released : status.refunded
    escrow.ended = place
    return escrow
  }

  /** The escrow that an event is about, if it can be, and if what the event repeats of it is true. */
  const openEscrow = (
    { id, ref, token }: { id: Hex; ref: Hex; token: Address },
    wanted: readonly Status[],
    report: Report,
  ): FoldedEscrow | undefined => {
    const escrow = folded.escrows.get(id)
    const found = escrow?.status ?? status.none
    if (escrow === undefined || !wanted.includes(found)) {
      report('escrow_not_open', `status ${wanted.join(' or ')}`, `status ${found}`, { escrowId: id })
      return undefined
    }
    if (ref !== escrow.terms.ref) report('terms_mismatch', `ref ${escrow.terms.ref}`, ref, { escrowId: id })
    if (token !== escrow.terms.token) report('terms_mismatch', `token ${escrow.terms.token}`, token, { escrowId: id })
    return escrow
  }

  const take = (token: FoldedToken, amount: bigint, timestamp: bigint, about: Partial<Discrepancy>, report: Report) => {
    token.bucket = taken(refilled(token.bucket, token.limits, timestamp), amount)
    const over = overdrawn(token.bucket, token.limits)
    if (over > 0n) report('limit_exceeded', `at most ${amount - over}`, amount, about)
  }

  return { apply, folded }
}
