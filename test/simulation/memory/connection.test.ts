import { beforeEach, describe, expect, it } from 'vitest'
import { intentOf } from '../../../bridge-service/src/intents/intent.ts'
import { chartFor } from '../../../bridge-service/src/ledger/chart.ts'
import { isTransient } from '../../../bridge-service/src/saga/postgres-errors.ts'
import type { Step } from '../../../bridge-service/src/saga/step.ts'
import type { SagaTx } from '../../../bridge-service/src/saga/store.ts'
import { request } from '../../../bridge-service/src/transfer/decide.ts'
import type { TransferOf } from '../../../bridge-service/src/transfer/transfer.ts'
import { onramp } from '../../support/onramp.ts'
import { stepOf } from '../../support/saga.ts'
import { type MemoryStore, memoryStore } from '../memory-store.ts'
import type { Around, StoreCall } from './connection.ts'
import { lostConnection, serializationFailure } from './database-error.ts'

const startMs = Date.parse('2026-03-02T10:00:00.000Z')
const lease = { owner: 'a', ms: 60_000 }

let memory: MemoryStore
beforeEach(async () => {
  memory = memoryStore(() => startMs)
  await memory.openAccounts(
    chartFor({ banks: [{ rail: 'bank:sim', currency: 'USD' }], tokens: [{ chain: 'evm:1', currency: 'USDC' }] }),
  )
  await memory.openPool({ id: 'evm:1:USDC', currency: 'USDC', total: 10n ** 12n })
})

const opened = async (): Promise<TransferOf<'onramp'>> => {
  const unborn = onramp()
  const decision = request(unborn, startMs)
  const intents = decision.intents.map(wish => intentOf(decision.after, wish))
  await memory.connect().store.commitSteps([{ before: unborn, decision, intents, actor: 'api:k1', cause: 'test' }], lease)
  return decision.after as TransferOf<'onramp'>
}
const canceling = (transfer: TransferOf<'onramp'>): Step => stepOf(transfer, { type: 'cancelCommand', reason: 'x' })
const stateOf = ({ id }: TransferOf<'onramp'>) => memory.database.tables.transfers.get(id)!.transfer.state
const told = async (transfer: TransferOf<'onramp'>, fact: string) =>
  memory.keepFact({ source: 'command', fact, subject: transfer.id, kind: 'cancel', payload: { actor: 'api:k1', reason: 'x' } })
const never = new Promise<never>(() => {})

/** A process to which something happens before or after its nth call of that name. */
const hurt = (name: StoreCall['name'], when: 'before' | 'after', what: () => Promise<unknown>) => {
  const around: Around = async (call, effect) => {
    if (call.name === name && when === 'before') await what()
    const answer = await effect()
    if (call.name === name && when === 'after') await what()
    return answer
  }
  return memory.connect(around)
}
const rejected = async (error: Error): Promise<never> => {
  throw error
}
/** The turns that everything needs which waits for nothing. */
const turns = () => new Promise(resolve => setImmediate(resolve))

describe('a process that dies', () => {
  it('before its commit has written nothing, and its locks go with it', async () => {
    const transfer = await opened()
    await told(transfer, 'f')
    const { store, cut } = hurt('commit', 'before', () => never)
    const before = memory.dump()
    void store.inTransaction(async tx => {
      const { matched } = await tx.claimFacts(10, [])
      await tx.commitSteps([{ ...canceling(transfer), fact: matched[0]! }], lease)
    })
    await turns()
    expect(memory.dump()).toEqual(before)
    const claim = () => memory.connect().store.inTransaction(tx => tx.claimFacts(10, []))
    expect((await claim()).matched, 'its fact is locked').toEqual([])
    cut()
    expect((await claim()).matched).toHaveLength(1)
    expect(await memory.connect().store.commitSteps([canceling(transfer)], lease)).toEqual(new Set([transfer.id]))
  })

  it('between its commit and the answer has written all', async () => {
    const transfer = await opened()
    const { store, cut } = hurt('commit', 'after', () => never)
    let answered = false
    void store.inTransaction(tx => tx.commitSteps([canceling(transfer)], lease)).then(() => (answered = true))
    await turns()
    cut()
    expect([stateOf(transfer), answered]).toEqual(['canceled', false])
  })
})

describe('a lost connection', () => {
  it('leaves its caller in the dark: done when the answer was lost, not done when the question was', async () => {
    for (const when of ['before', 'after'] as const) {
      const transfer = await opened()
      const { store } = hurt('commitSteps', when, () => rejected(lostConnection()))
      const error = await store.commitSteps([canceling(transfer)], lease).catch((error: unknown) => error)
      expect(isTransient(error)).toBe(true)
      expect(stateOf(transfer)).toBe(when === 'before' ? 'requested' : 'canceled')
    }
  })

  it('in a transaction takes all of it along', async () => {
    const transfer = await opened()
    const { store } = hurt('consumeFacts', 'before', () => rejected(lostConnection()))
    const before = memory.dump()
    const work = async (tx: SagaTx) => {
      await tx.commitSteps([canceling(transfer)], lease)
      await tx.consumeFacts([{ source: 'bank:sim', fact: 'f1', revision: 1 }], [])
    }
    await expect(store.inTransaction(work)).rejects.toMatchObject({ code: '08006' })
    expect(memory.dump()).toEqual(before)
  })
})

it('a serialization failure writes nothing, and passes', async () => {
  const transfer = await opened()
  let failures = 1
  const { store } = hurt('commitSteps', 'before', async () => {
    if (failures-- > 0) throw serializationFailure()
  })
  await expect(store.commitSteps([canceling(transfer)], lease)).rejects.toMatchObject({ code: '40001' })
  expect(stateOf(transfer)).toBe('requested')
  expect(await store.commitSteps([canceling(transfer)], lease)).toEqual(new Set([transfer.id]))
})

it('a server that restarts ends what is under way, and keeps what was committed', async () => {
  const [done, open] = [await opened(), await opened()]
  const { store } = memory.connect()
  await store.commitSteps([canceling(done)], lease)
  const work = async (tx: SagaTx) => {
    await tx.commitSteps([canceling(open)], lease)
    memory.restart()
    return tx.loadTransfers([open.id])
  }
  await expect(store.inTransaction(work)).rejects.toMatchObject({ code: '57P01' })
  expect([stateOf(done), stateOf(open)]).toEqual(['canceled', 'requested'])
})

describe('two transactions', () => {
  it('never lose a write: the later one waits, and looks again', async () => {
    const transfer = await opened()
    const { store } = memory.connect()
    let late: Promise<ReadonlySet<string>> | undefined
    await store.inTransaction(async tx => {
      await tx.commitSteps([canceling(transfer)], lease)
      late = store.commitSteps([canceling(transfer)], lease)
      await turns()
      expect(stateOf(transfer)).toBe('requested')
    })
    expect(await late).toEqual(new Set())
    expect(memory.database.tables.transfer_events.size).toBe(2)
  })

  it('keep a transfer where it was said to be until they end', async () => {
    const transfer = await opened()
    const { store } = memory.connect()
    let late: Promise<ReadonlySet<string>> | undefined
    await store.inTransaction(async tx => {
      await tx.shareVersions([transfer.id])
      late = store.commitSteps([canceling(transfer)], lease)
      await turns()
      expect(stateOf(transfer)).toBe('requested')
    })
    expect(await late).toEqual(new Set([transfer.id]))
  })

  it('that would wait for each other for ever do not: one of them fails, and passes when it tries again', async () => {
    const [one, other] = [await opened(), await opened()]
    const { store } = memory.connect()
    const crossing = (mine: typeof one, his: typeof one) =>
      store.inTransaction(async tx => {
        await tx.shareVersions([mine.id])
        await turns()
        return tx.commitSteps([canceling(his)], lease)
      })
    const outcomes = await Promise.allSettled([crossing(one, other), crossing(other, one)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: '40P01' } })
  })
})

it('what is stored is nobody’s to change', async () => {
  const transfer = await opened()
  const payload = { actor: 'api:k1', reason: 'x' }
  await memory.keepFact({ source: 'command', fact: 'f', subject: transfer.id, kind: 'cancel', payload })
  const [loaded] = await memory.connect().store.loadTransfers([transfer.id])
  const changes: (() => void)[] = [
    () => Object.assign(payload, { reason: 'y' }),
    () => Object.assign(transfer.terms.hold, { amountMinor: '1' }),
    () => Object.assign(loaded!.progress, { lockBooked: true }),
  ]
  for (const change of changes) expect(change).toThrow(TypeError)
})

it('tells when something is next due', async () => {
  expect(memory.nextDueMs()).toBe(Number.POSITIVE_INFINITY)
  const transfer = await opened()
  expect(memory.nextDueMs(), 'the lease of its first intent').toBe(startMs + lease.ms)
  await told(transfer, 'f')
  expect(memory.nextDueMs(), 'a fact').toBe(startMs)
  await memory.connect().store.parkTransfer(transfer.id, 'a person looks')
  expect(memory.nextDueMs(), 'one that waits with its transfer').toBe(startMs + lease.ms)
})
