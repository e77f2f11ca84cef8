import type { StellarOrder } from '../../../../bridge-service/src/chains/stellar/task.ts'
import type { Attempt, Begun, NewAttempt, TxStore } from '../../../../bridge-service/src/chains/stellar/tx-store.ts'
import { BridgeError } from '../../../../bridge-service/src/errors.ts'
import { checkViolation, uniqueViolation } from '../../memory/database-error.ts'
import { frozen } from '../../memory/frozen.ts'
import { isHeld, type Keeping } from './memory-channels.ts'
import { depositOf, openOn, type StellarTables, type WishRow } from './tables.ts'

/** `txStore` without a database: each call is one transaction there, and happens at once here. */
export const memoryTxStore = ({ tables, nowMs, around }: Keeping): TxStore => {
  const { channels, txs, envelopes } = tables
  const first = (isMeant: (row: WishRow) => boolean) => {
    const row = [...txs.values()].find(each => each.status !== 'refused' && isMeant(each))
    return row && shown(row)
  }
  const change = (key: string, how: Partial<WishRow>) => txs.set(key, { ...txs.get(key)!, ...how })
  const changeAttempt = ({ key, attempt }: Attempt, how: Partial<Attempt>) =>
    change(key, { attempts: txs.get(key)!.attempts.map(each => (each.attempt === attempt ? { ...each, ...how } : each)) })
  /** As it stands, if it is still on its way. */
  const openOf = ({ key, attempt }: Attempt) =>
    txs.get(key)?.attempts.find(each => each.attempt === attempt && each.fate === 'open')

  return {
    byKey: key =>
      around('byKey', [key], async () => {
        const row = txs.get(key)
        return row && shown(row)
      }).catch(cause => {
        throw new BridgeError('database_unavailable', {}, { cause })
      }),
    lockOf: escrowId => around('lockOf', [], async () => first(row => row.task.action === 'lock' && row.escrowId === escrowId)),
    ofDeposit: (fact, actions) =>
      around('ofDeposit', [], async () => first(row => row.deposit === fact && actions.includes(row.task.action))),
    openOn: wanted =>
      around('openOn', [], async () =>
        [...txs.values()]
          .filter(({ attempts }) => attempts.some(({ fate, channel }) => fate === 'open' && wanted.includes(channel)))
          .map(({ attempts }) => attempts.at(-1)!),
      ),
    waiting: limit =>
      around('waiting', [], async () =>
        [...txs.values()]
          .filter(({ status }) => status === 'waiting')
          .sort((a, b) => a.createdMs - b.createdMs)
          .slice(0, limit)
          .map(shown),
      ),
    envelopeOf: hash => around('envelopeOf', [], async () => envelopes.get(hash)!),
    begin: (lease, order, escrowId, attempt) =>
      around('begin', [order.key], async () => {
        if (!isHeld(tables, lease)) return 'fenced'
        const begun = begin(tables, order, escrowId, attempt, nowMs())
        if (begun === 'stored' || begun === 'taken')
          channels.set(lease.channel, { ...channels.get(lease.channel)!, sequence: attempt.sequence - 1n })
        return begun
      }),
    bump: (lease, attempt, version, envelope) =>
      around('bump', [attempt.key], async () => {
        const open = openOf(attempt)
        if (!isHeld(tables, lease) || open === undefined) return false
        if (version.bid <= 0n) throw checkViolation('a bid of nothing')
        if (envelopes.has(version.hash) || open.versions.some(each => each.version === version.version)) return false
        envelopes.set(version.hash, envelope)
        changeAttempt(open, { versions: [...open.versions, version].sort((a, b) => a.version - b.version) })
        return true
      }),
    doubt: (lease, attempt, ledger) =>
      around('doubt', [attempt.key], async () => {
        if (!isHeld(tables, lease)) return false
        const open = openOf(attempt)
        if (open !== undefined && open.doubtedLedger === undefined) changeAttempt(open, { doubtedLedger: ledger })
        return true
      }),
    end: (lease, attempt, ending) =>
      around('end', [attempt.key], async () => {
        if (!isHeld(tables, lease)) return false
        const open = openOf(attempt)
        if (open === undefined) return true
        const row = channels.get(lease.channel)!
        const used = row.sequence === undefined || row.sequence < open.sequence ? open.sequence : row.sequence
        channels.set(lease.channel, { ...row, sequence: ending.fate === 'dead' ? row.sequence : used, untilMs: nowMs() })
        changeAttempt(open, { fate: ending.fate })
        const refusal = ending.fate === 'failed' ? ending.refusal : undefined
        const status = ending.fate === 'succeeded' ? 'succeeded' : refusal ? 'refused' : 'waiting'
        change(open.key, { status, code: refusal?.code, detail: refusal?.detail })
        return true
      }),
    refuse: ({ key, task }, { code, detail }) =>
      around('refuse', [key], async () => {
        const row = txs.get(key)
        const no = { escrowId: undefined, deposit: undefined, attempts: [] }
        if (row === undefined) txs.set(key, { key, task: kept(task), status: 'refused', code, detail, ...no, createdMs: nowMs() })
        else if (row.status === 'waiting') change(key, { status: 'refused', code, detail })
      }),
  }
}

const shown = ({ escrowId: _escrowId, deposit: _deposit, createdMs: _createdMs, ...tx }: WishRow) => tx

/** As it comes back from the database: what is undefined is not there. */
const kept = <T>(task: T): T => frozen(JSON.parse(JSON.stringify(task)))

/** All of it or nothing; the laws in the order in which the database looks at them. */
const begin = (
  tables: StellarTables,
  { key, task }: StellarOrder,
  escrowId: string | undefined,
  { envelope, bid, ...attempt }: NewAttempt,
  nowMs: number,
): Begun => {
  const { txs, envelopes } = tables
  const known = txs.get(key)
  const deposit = depositOf(task)
  if (attempt.attempt === 0) {
    if (known !== undefined) return 'taken'
    if ([...txs.values()].some(row => row.status !== 'refused' && isTwin(row, task, escrowId, deposit))) return 'doneAlready'
  } else if (known?.status !== 'waiting') return 'taken'
  if (attempt.sequence <= 0n || attempt.maxTime <= 0n || bid <= 0n) throw checkViolation('a number that is none')
  const others = known?.attempts ?? []
  const isKnown = [...txs.values()].some(({ attempts }) => attempts.some(({ hash }) => hash === attempt.hash))
  if (isKnown || envelopes.has(attempt.hash) || others.some(each => each.attempt === attempt.attempt))
    throw uniqueViolation('stellar_attempts', attempt.hash)
  if (openOn(tables, attempt.channel) !== undefined) return 'fenced'
  if (others.some(({ fate }) => fate === 'open' || fate === 'succeeded')) throw uniqueViolation('stellar_attempts', key)
  const { hash, builtLedger: ledger } = attempt
  const fresh: Attempt = { ...attempt, doubtedLedger: undefined, fate: 'open', versions: [{ version: 0, hash, bid, ledger }] }
  const attempts = [...others, fresh].sort((a, b) => a.attempt - b.attempt)
  envelopes.set(hash, envelope)
  txs.set(
    key,
    known === undefined
      ? {
          key,
          task: kept(task),
          status: 'open',
          code: undefined,
          detail: undefined,
          attempts,
          escrowId,
          deposit,
          createdMs: nowMs,
        }
      : { ...known, status: 'open', attempts },
  )
  return 'stored'
}

const returns: readonly string[] = ['returnDeposit', 'pay']

/** The same effect under another key: a lock of one escrow, a claim or a return of one deposit. */
const isTwin = (row: WishRow, { action }: StellarOrder['task'], escrowId: string | undefined, deposit: string | undefined) => {
  const isSameDeposit = deposit !== undefined && row.deposit === deposit
  if (action === 'lock') return row.task.action === 'lock' && escrowId !== undefined && row.escrowId === escrowId
  if (action === 'claimDeposit') return row.task.action === 'claimDeposit' && isSameDeposit
  return returns.includes(action) && returns.includes(row.task.action) && isSameDeposit
}
