import { intentOf } from '../intents/intent.ts'
import type { Log } from '../log.ts'
import { decide } from '../transfer/decide.ts'
import { depositOf, type Escrow } from '../transfer/hold.ts'
import type { Input, OperatorInput } from '../transfer/input.ts'
import { reservedMinor } from '../transfer/terms.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { escrowWaitedFor } from '../transfer/wait.ts'
import type { PoolState } from './load.ts'
import type { Step } from './step.ts'
import type { Work, WorkInput } from './work.ts'

/** Why an input changes nothing. */
export type Ignored = {
  /** It is about an escrow that is none of the transfer's. What is remembered of it may be too old to tell: a later state may have made it. */
  readonly stranger: boolean
  /** Somebody's money that no transfer has taken: neither just now nor when the same was told before. */
  readonly stray: boolean
  /** It has overtaken what it follows from, and is told again. */
  readonly early: boolean
  /** A timer came before its time: when it is to come again. */
  readonly againAtMs?: number
}

export type Verdict = { readonly step: Step } | { readonly ignored: Ignored }

export type Bench = {
  /** As far as they are known. What a reservation takes is taken off here, for those that are judged after it. */
  readonly pools: Map<string, PoolState>
  readonly nowMs: number
  /** Which of the escrows that the transfer's terms make has this id (content addressed, so nobody else can make it); undefined: none. */
  readonly roleOf: (transfer: Transfer, escrowId: string) => Escrow['role'] | undefined
  readonly log: Log
}

/** What one piece of work does to its transfer. Throws what `decide` throws. */
export const judge = (transfer: Transfer, work: Work, { pools, nowMs, roleOf, log }: Bench): Verdict => {
  const { input } = work
  const role = isOfEscrow(input) ? roleOf(transfer, work.escrowId ?? '') : undefined
  const ignored = (why: Partial<Ignored> = {}): Verdict => ({
    ignored: { stranger: false, early: false, stray: isStray(transfer, work, role), ...why },
  })
  if (isOfEscrow(input)) {
    const isExpected = input.type === 'chainFact' || escrowWaitedFor(transfer, input.kind) === role
    if (role === undefined || !isExpected) return ignored({ stranger: true })
    warn(transfer, work, log)
    if (role === 'deposit' && work.madeBy !== undefined && isAnotherDeposit(transfer, work.madeBy)) return ignored()
  }
  const pool = input.type === 'screened' ? pools.get(transfer.terms.pool) : undefined
  const decision = decide(transfer, inputOf(input, role, pool), nowMs)
  if ('ignored' in decision) {
    const { early = false, againAtMs } = decision
    return ignored({ early, ...(againAtMs === undefined ? {} : { againAtMs }) })
  }
  if ('refusal' in decision) return ignored()
  const reserves = pool !== undefined && decision.liquidity === 'reserve'
  if (reserves) pools.set(pool.id, { ...pool, availableMinor: pool.availableMinor - reservedMinor(transfer.terms) })
  return {
    step: {
      before: transfer,
      decision,
      intents: decision.intents.map(wish => intentOf(decision.after, wish)),
      actor: work.actor,
      cause: work.cause,
      ...(reserves ? { pool } : {}),
      ...(work.fact ? { fact: work.fact } : {}),
    },
  }
}

type OfEscrow = Extract<WorkInput, { type: 'chainFact' | 'finalityReached' }>
const isOfEscrow = (input: WorkInput): input is OfEscrow => input.type === 'chainFact' || input.type === 'finalityReached'

const isStray = ({ progress: { deposit, commit } }: Transfer, work: Work, role: Escrow['role'] | undefined): boolean =>
  work.bringsMoney === true && role !== 'hold' && ![deposit?.lock, commit].some(known => known?.fact === work.fact?.fact)

/**
 * On a chain where two deposits of the same terms can be made, the first that was heard of is the transfer's own. What becomes of another is no
 * news of it.
 */
const isAnotherDeposit = ({ terms, progress: { deposit, commit } }: Transfer, madeBy: string): boolean => {
  const first = deposit?.lock ?? commit
  return depositOf(terms)?.committedBy === 'balance' && first !== undefined && first.fact !== madeBy
}

const inputOf = (input: WorkInput, role: Escrow['role'] | undefined, pool: PoolState | undefined): Input | OperatorInput => {
  if (input.type === 'screened') return { ...input, availableMinor: pool?.availableMinor ?? 0n }
  return input.type === 'chainFact' && role === 'deposit' ? { ...input, type: 'depositFact' } : input
}

/** What a person should hear of, whatever the machine makes of it. */
const warn = ({ id }: Transfer, { input, escrowId }: Work, log: Log): void => {
  if (input.type !== 'chainFact') return
  const where = { transfer: id, escrow: escrowId, txHash: input.place.txHash }
  if (input.kind === 'escrowCredited' && input.status === 'included')
    log('warn', 'the token refused a payout: it waits in the escrow to be claimed', where)
  if (input.kind === 'escrowClawedBack') log('error', 'the issuer clawed back an escrow: the loss is booked as exposure', where)
}
