import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

let scene: Scenario

beforeAll(async () => {
  await compileContracts()
  // Nothing settles before the test says so: each state lasts as long as it is needed.
  scene = await startScenario({
    blockMs: 150,
    bank: { settlementDelays: { ach: 'manual' } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '10000' },
  })
})
afterAll(() => scene?.stop())

const settle = () => scene.bank('POST', '/settle', {})
const effectsOf = async (id: string) =>
  (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort()
const isAccepted = async (id: string) => expect((await scene.cancel(id)).status).toBe(202)
const isRefused = async (id: string) => {
  const { status, body } = await scene.cancel(id)
  expect([status, body.code]).toEqual([409, 'transfer_not_cancelable'])
}
/** Settles the credit of a compensation when the bank has it. */
const compensates = async (id: string) => {
  await scene.has(id, 'creditSubmitted')
  await settle()
  const { types } = await scene.endsAs(id, 'compensated')
  expect(await effectsOf(id)).toEqual(['credit settled', 'debit settled'])
  return types
}

it('cancels what nobody has screened yet, and never debits', async () => {
  // Between request and screening there is no time. So the process dies in between, and its screening stays leased to it for a while.
  const blocker = await scene.database.connect()
  await blocker.query('begin')
  await blocker.query('lock table liquidity_pools in access exclusive mode')
  const id = await scene.post()
  await scene.world.service().kill('SIGKILL')
  await blocker.query('commit')
  blocker.release()
  await scene.world.startService()
  await isAccepted(id)
  const { types } = await scene.endsAs(id, 'canceled')
  expect(types).toEqual(['transferRequested', 'transferCanceled'])
  expect(await effectsOf(id)).toEqual([])
})

it('cancels while the bank works on the debit: what it takes comes back without a lock', async () => {
  const id = await scene.post()
  await scene.has(id, 'debitSubmitted')
  await isAccepted(id)
  await scene.has(id, 'cancelRequested')
  await settle()
  expect(await compensates(id)).not.toContain('escrowLocked')
})

it('leaves a refund that comes back to a person', async () => {
  const id = await scene.post()
  await scene.has(id, 'debitSubmitted')
  await isAccepted(id)
  await scene.has(id, 'cancelRequested')
  await settle()
  await scene.has(id, 'creditSubmitted')
  await scene.arm({ kind: 'return_after_settlement', code: 'R03', match: { direction: 'credit' }, times: 1 })
  await settle()
  await scene.reaches(id, 'review')
  expect(await effectsOf(id)).toEqual(['credit returned', 'debit settled'])
})

it('cancels while the bank works on a debit that it then rejects: nothing to pay back', async () => {
  const id = await scene.post()
  await scene.has(id, 'debitSubmitted')
  await isAccepted(id)
  await scene.has(id, 'cancelRequested')
  await scene.arm({ kind: 'reject', code: 'R01', times: 1 })
  await settle()
  await scene.endsAs(id, 'failed')
  expect(await effectsOf(id)).toEqual(['debit rejected'])
})

it('cancels while the lock is under way: it is locked, refunded, and the dollars come back', async () => {
  const id = await scene.post()
  await scene.has(id, 'debitSubmitted')
  await scene.node.setIntervalMining({ interval: 0 })
  try {
    await settle()
    await scene.reaches(id, 'locking')
    await isAccepted(id)
    await scene.has(id, 'cancelRequested')
  } finally {
    await scene.node.setIntervalMining({ interval: 0.15 })
  }
  const types = await compensates(id)
  expect(types).toContain('escrowRefunded')
  expect(types).not.toContain('escrowReleased')
})

it('cancels before the lock is final', async () => {
  const id = await scene.post()
  await scene.has(id, 'debitSubmitted')
  await settle()
  await scene.reaches(id, 'locking')
  await scene.node.setIntervalMining({ interval: 0 })
  try {
    await until('the lock, and not a block more', async () => {
      const pending = await scene.node.getBlock({ blockTag: 'pending' })
      if (pending.transactions.length > 0) await scene.node.mine({ blocks: 1, interval: 0 })
      return pending.transactions.length > 0
    })
    await scene.reaches(id, 'locked')
    await isAccepted(id)
    await scene.reaches(id, 'refunding')
  } finally {
    await scene.node.setIntervalMining({ interval: 0.15 })
  }
  expect(await compensates(id)).toContain('escrowRefunded')
})

it('cancels while the debit clears, once for all who ask', async () => {
  const id = await scene.post({ value: '600.00' })
  await scene.has(id, 'debitSubmitted')
  await settle()
  await scene.reaches(id, 'clearing')
  const key = randomUUID()
  const answers = await Promise.all(Array.from({ length: 10 }, () => scene.cancel(id, key)))
  expect(answers.map(answer => answer.status)).toEqual(Array(10).fill(202))
  const types = await compensates(id)
  expect(types.filter(type => type === 'compensationStarted')).toHaveLength(1)
  // Asking again for what was done is no error, and does nothing.
  await isAccepted(id)
  expect((await scene.endsAs(id, 'compensated')).types).toEqual(types)
})

it('refuses from the release on', async () => {
  const id = await scene.post()
  await scene.has(id, 'debitSubmitted')
  await scene.node.setIntervalMining({ interval: 0 })
  try {
    await settle()
    await until('the release to be wished', async () => {
      await scene.node.mine({ blocks: 1, interval: 0 })
      return (await scene.api.transfer(id)).state === 'releasing'
    })
    await isRefused(id)
    await until('the release', async () => {
      await scene.node.mine({ blocks: 1, interval: 0 })
      return (await scene.api.transfer(id)).state === 'released'
    })
    await isRefused(id)
  } finally {
    await scene.node.setIntervalMining({ interval: 0.15 })
  }
  await scene.endsAs(id, 'completed')
  await isRefused(id)
})

it('refuses what has failed', async () => {
  const id = await scene.post()
  await scene.has(id, 'debitSubmitted')
  await scene.arm({ kind: 'reject', code: 'R02', times: 1 })
  await settle()
  await scene.endsAs(id, 'failed')
  await isRefused(id)
})

it('keeps all laws', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
})
