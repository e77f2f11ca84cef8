import type { SubmitAnswer } from './answer.ts'
import { applySet } from './apply-set.ts'
import type { ClosedLedger } from './closed-ledger.ts'
import { cores } from './core.ts'
import { networkIdOf, openGenesis } from './genesis.ts'
import type { JournalRecord } from './journal.ts'
import type { AccountId } from './ledger/account-id.ts'
import { available } from './ledger/funds.ts'
import type { LedgerParameters } from './ledger/parameters.ts'
import { accountIn, openScope } from './ledger/scope.ts'
import { startingSequence } from './ledger/starting-sequence.ts'
import { type LedgerState, openState } from './ledger/state.ts'
import { applyOrder, forcedOrder, transactionSetHash } from './queue/order.ts'
import { openQueue } from './queue/queue.ts'
import { ledgerBaseFee, selectByRate } from './queue/surge.ts'
import { candidates, trim } from './queue/trim.ts'
import { type Sealed, sealLedger } from './seal.ts'
import type { Offsets } from './transaction/conditions.ts'
import { decodeEnvelope } from './transaction/decode.ts'
import { isSuccess, resultXdr } from './transaction/outcome.ts'
import type { Transaction } from './transaction/transaction.ts'
import { validate } from './transaction/validate.ts'
import type { Upgrade } from './upgrade.ts'

export type StellarNetworkOptions = {
  readonly passphrase: string
  /** Close time of the genesis ledger, Unix seconds. */
  readonly genesisTime: number
  /** Sequence number of the genesis ledger; default 1. */
  readonly genesisLedger?: number
  readonly baseFee?: number
  /** Stroops; default 5,000,000. */
  readonly baseReserve?: number
  /** Operations that a ledger takes; default 1,000. */
  readonly maxTxSetSize?: number
  /** What a ledger is expected to take: an envelope must still be valid after two of them. Default 5. */
  readonly expectedCloseSeconds?: number
  /** Whose habits: those of today's core (default), or those of the core 19.0.0 whose answers were recorded. */
  readonly core?: 'current' | 'v19'
  /** What a network before this one went through: it is gone through again and ends in the same hashes. */
  readonly journal?: readonly JournalRecord[]
  /** Every step from now on, as it is taken: to be kept, and given back as `journal`. */
  readonly onRecord?: (record: JournalRecord) => void
  /** Where complaints go; default `console.warn`. */
  readonly log?: (line: string) => void
}

/** A Stellar network of one node, in memory: deterministic, without a clock of its own. */
export type StellarNetwork = {
  readonly passphrase: string
  /** A base64 TransactionEnvelope; the immediate answer of the queue. */
  readonly submit: (envelope: string) => SubmitAnswer
  /** Closes the next ledger at this Unix second (whole, not before the last). `order` forces the order of application (hashes). */
  readonly close: (closeTime: number, options?: { order?: readonly string[] }) => ClosedLedger
  /** Closed ledgers from the genesis on. */
  readonly ledgers: readonly ClosedLedger[]
  readonly last: () => ClosedLedger
  readonly bySequence: (sequence: number) => ClosedLedger | undefined
  readonly state: LedgerState
  /** Hashes of what waits in the queue. */
  readonly pending: () => string[]
  /** Forgets a queued transaction without a trace, as a node does that loses its memory. False when it was not there. */
  readonly drop: (hash: string) => boolean
  /** What validators vote for; in force from the next ledger to be closed on. */
  readonly upgrade: (changes: Upgrade) => void
}

const statuses = { pending: 'PENDING', duplicate: 'DUPLICATE', notNow: 'TRY_AGAIN_LATER' } as const

/** Opens a network at its genesis, or at the end of a journal. */
export const openStellarNetwork = (options: StellarNetworkOptions): StellarNetwork => {
  const { passphrase, expectedCloseSeconds = 5 } = options
  const core = cores[options.core ?? 'current']
  const networkId = networkIdOf(passphrase)
  const { state, get, write } = openState()
  const ledgers: Sealed[] = [openGenesis(options, { get, write })]
  let upgrade: Upgrade = {}
  let record: (step: JournalRecord) => void = () => {}
  let log: (line: string) => void = () => {}

  const last = () => ledgers.at(-1)!
  const next = (): LedgerParameters => ({
    sequence: last().sequence + 1,
    closeTime: BigInt(last().closeTime),
    baseFee: BigInt(last().baseFee),
    baseReserve: BigInt(last().baseReserve),
  })
  const availableOf = (account: AccountId) => available(accountIn({ get }, account)!, BigInt(last().baseReserve))
  const judge = (transaction: Transaction, offsets: Offsets, current: bigint | undefined) =>
    validate(transaction, { scope: { get }, ledger: next(), offsets, core, ...(current === undefined ? {} : { current }) })
  // Two ledgers ahead: what might expire before it is applied is not taken at all.
  const waiting: Offsets = { earliest: 0n, latest: BigInt(2 * expectedCloseSeconds) }
  const {
    submit: enqueue,
    pool,
    shift,
  } = openQueue({
    core,
    validate: (transaction, current) => judge(transaction, waiting, current),
    available: availableOf,
    maxTxSetSize: () => last().maxTxSetSize,
  })
  const fitting = (offsets: Offsets) => {
    const { kept, removed } = trim(candidates(pool.chains(), startingSequence(last().sequence + 1)), {
      isValid: (transaction, current) => isSuccess(judge(transaction, offsets, current)),
      available: availableOf,
    })
    pool.ban(removed)
    return kept
  }

  const submit = (envelope: string): SubmitAnswer => {
    let transaction: Transaction
    try {
      transaction = decodeEnvelope(envelope, networkId, core)
    } catch (error) {
      return { status: 'EXCEPTION', detail: (error as Error).message }
    }
    const { hash, operations } = transaction
    const answer = enqueue(transaction)
    if (answer !== 'duplicate') record({ type: 'submit', envelope })
    if (typeof answer === 'string') return { status: statuses[answer], hash }
    for (const [index, result] of answer.refused.operations.entries())
      if (result.type === 'opNotSupported')
        log(`${hash}: the local Stellar ledger does not support operation ${index}, ${operations[index]!.body.type}`)
    return { status: 'ERROR', hash, resultXdr: resultXdr(answer.refused).toXdr('base64') }
  }

  const close = (closeTime: number, { order }: { order?: readonly string[] } = {}): ClosedLedger => {
    const previous = last()
    if (!Number.isSafeInteger(closeTime) || closeTime < previous.closeTime) throw new Error(`no ledger can close at ${closeTime}`)
    const offset = BigInt(closeTime - previous.closeTime)
    const { selected, full } = selectByRate(fitting({ earliest: offset, latest: offset }), previous.maxTxSetSize)
    const transactionSet = transactionSetHash(previous.hash, selected)
    const transactions = order ? forcedOrder(selected, order) : applyOrder(selected, transactionSet)
    const ledger = { ...next(), closeTime: BigInt(closeTime) }
    const chargedBaseFee = ledgerBaseFee(selected, { full, baseFee: ledger.baseFee, maxOperations: previous.maxTxSetSize, core })
    const scope = openScope({ get, write }, ledger.sequence)
    const { applied, fees } = applySet(scope, { transactions, ledger, chargedBaseFee, core })
    const changes = scope.changes()
    scope.commit()
    ledgers.push(
      sealLedger(previous, {
        ...{ protocol: core.protocol, closeTime, transactionSetHash: transactionSet },
        ...{ applied, changes, chargedBaseFee, fees, upgrade },
      }),
    )
    upgrade = {}
    for (const transaction of selected) pool.used(transaction)
    if (core.bansApplied) pool.ban(selected)
    pool.shift()
    shift()
    fitting(waiting)
    record({ type: 'close', closeTime, ...(order ? { order } : {}) })
    return last()
  }

  const drop = (hash: string): boolean => {
    const transaction = pool.all().find(waiting => waiting.hash === hash)
    if (!transaction) return false
    pool.forget(transaction)
    record({ type: 'drop', hash })
    return true
  }

  const vote = (changes: Upgrade) => {
    upgrade = { ...upgrade, ...changes }
    record({ type: 'upgrade', changes })
  }

  for (const step of options.journal ?? []) {
    if (step.type === 'submit') submit(step.envelope)
    else if (step.type === 'close') close(step.closeTime, step.order ? { order: step.order } : {})
    else if (step.type === 'drop') drop(step.hash)
    else vote(step.changes)
  }
  // Only now: what is gone through again has been kept, and complained about, already.
  record = options.onRecord ?? record
  log = options.log ?? console.warn

  return {
    ...{ passphrase, submit, close, ledgers, last, state, drop, upgrade: vote },
    bySequence: sequence => ledgers[sequence - ledgers[0]!.sequence],
    pending: () => pool.all().map(({ hash }) => hash),
  }
}
