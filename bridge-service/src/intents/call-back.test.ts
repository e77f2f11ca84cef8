import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { inProcessBank } from '../../../test/support/in-process.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase, wish } from '../../../test/support/saga.ts'
import { until } from '../../../test/support/until.ts'
import { done, type Outcome, refused, unknown } from '../outcome.ts'
import type { RailStatus, RailTransfer } from '../rails/rail.ts'
import { type Executor, type ExecutorOptions, executor } from './executor.ts'
import { intentOf } from './intent.ts'
import { intentQueue } from './store.ts'

let database: SagaDatabase
const running: Executor[] = []
beforeAll(async () => {
  database = await sagaDatabase()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(each => each.stop()))
})
afterAll(() => database.close())

const stands = (status: RailStatus, rawCode?: string): Outcome<RailTransfer> =>
  done({ bankTransferId: 'bt_1', externalId: 'CW1', status, ...(rawCode === undefined ? {} : { rawCode }) })

/** Calls a debit back from a bank that gives these answers, the last of them for ever. */
const callBack = async (...answers: Outcome<RailTransfer>[]) => {
  const asked: string[] = []
  const told: Parameters<ExecutorOptions['answer']>[1][] = []
  const bank = inProcessBank()
  const rail = {
    ...bank,
    cancel: async (id: string) => {
      asked.push(id)
      return answers.length > 1 ? answers.shift()! : answers[0]!
    },
  }
  const transfer = replay(onramp(), [...history.debiting, { type: 'debitSubmitted', bankTransferId: 'bt_1' }])
  const intent = intentOf(transfer, { step: 'cancelDebit', attempt: 0 })
  await wish(database.owner, intent)
  const silent = { check: async () => unknown('nobody is screened here') }
  running.push(
    executor({
      ...{ queue: intentQueue(database.app), owner: 'me', leaseMs: 60_000, screening: silent, log: () => {}, pollMs: 10 },
      ...{ rails: new Map([[bank.id, rail]]), chains: new Map(), answer: (_intent, answer) => void told.push(answer) },
    }),
  )
  await until('it was asked', () => asked.length > 0)
  const again = () =>
    database.owner.query('update intents set next_at = now() where key = $1 and lease_owner is null', [intent.key])
  return { asked, told, again, orders: bank.calls }
}

describe('a debit that is called back', () => {
  it('and given up is news of the debit, by the name that the bank gave it', async () => {
    const { asked, told, orders } = await callBack(stands('rejected', 'CANC'))
    await until('an answer', () => told.length === 1)
    expect(told).toMatchObject([{ type: 'railAnswered', step: 'debitFiat', fact: { type: 'rejected', rawCode: 'CANC' } }])
    expect([asked, orders]).toEqual([['bt_1'], []])
  })

  it('and has settled meanwhile is news of that', async () => {
    const { told } = await callBack(stands('settled'))
    await until('an answer', () => told.length === 1)
    expect(told).toMatchObject([{ type: 'railAnswered', step: 'debitFiat', fact: { type: 'settled' } }])
  })

  it('too late is refused', async () => {
    const { told } = await callBack(refused('not_cancelable', 'it is at the clearing house'))
    await until('an answer', () => told.length === 1)
    expect(told).toMatchObject([{ type: 'intentRefused', step: 'cancelDebit', code: 'not_cancelable' }])
  })

  it.each([
    ['silent', unknown('time-out')],
    ['undecided', stands('submitted')],
  ])('from a bank that is %s is asked for again: silence is no answer', async (_what, first) => {
    const { asked, told, again } = await callBack(first, stands('rejected', 'CANC'))
    expect(told).toEqual([])
    await until('an answer', async () => {
      await again()
      return told.length === 1
    })
    expect(asked).toEqual(['bt_1', 'bt_1'])
  })
})
