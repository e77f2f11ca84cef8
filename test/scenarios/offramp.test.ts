import { randomUUID } from 'node:crypto'
import { encodeFunctionData } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import type { TransferView } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { leaveAgain, leaveDeposit, payDeposit, transferDeposit } from '../../scripts/local/depositor.ts'
import { type Depositors, startDepositors } from '../support/depositors.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { stellarHands } from '../support/stellar-hands.ts'
import { until } from '../support/until.ts'

// Stablecoins that the customer brings himself, on either kind of chain, to fiat.

let scene: Scenario
let customers: Depositors
let network: ReturnType<typeof stellarHands>

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    ...{ blockMs: 150, stellarCloseMs: 250 },
    bank: { settlementDelays: { wire: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
  network = stellarHands(scene.world.stellar!)
  customers = await startDepositors(scene)
})
afterEach(() => Promise.all([scene?.disarm(), network?.disarm()]))
afterAll(() => scene?.stop())

type Leg = keyof Depositors['legs']
const ways: readonly [how: string, from: Leg, bring: keyof Depositors['bring']][] = [
  ['locked by the customer', 'evm', 'locked'],
  ['locked by his signature, without gas of his', 'evm', 'signed'],
  ['transferred to an address of its own', 'transfer', 'transferred'],
  ['left in a claimable balance on Stellar', 'stellar', 'left'],
  ['paid with a memo on Stellar', 'stellar', 'paid'],
]
const account = {
  ...{ type: 'bank_account', rail: 'wire', name: 'Ada Lovelace' },
  ...{ accountNumber: '1234567890', routingNumber: '021000021' },
}
const sold = 1_002_500_000n

/** An off-ramp of 100.25 that waits for its deposit. */
const opened = async (from: Leg): Promise<string> => {
  const { status, body } = await scene.api.call<TransferView>('POST', '/v1/transfers', {
    key: randomUUID(),
    body: { source: customers.legs[from], destination: { ...account, asset: 'USD' }, amount: { value: '100.25', asset: 'USDC' } },
  })
  expect(status, JSON.stringify(body)).toBe(202)
  await scene.reaches(body.id, 'awaitingDeposit')
  return body.id
}
const holdingOf = async (leg: Leg) => (await customers.holdings())[leg === 'stellar' ? 'stellar' : 'evm']
const ordersOf = async (id: string) => (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`)
/** The stray deposit of a transfer, once it is in this state. */
const stray = (id: string, state: string) =>
  until(`a stray deposit of ${id} that is ${state}`, async () => {
    const { body } = await scene.api.call<{ data: { transferId: string; reason: string }[] }>(
      'GET',
      `/v1/deposits?state=${state}`,
    )
    return body.data.find(({ transferId }) => transferId === id)
  })

describe('an off-ramp', () => {
  it.each(ways)('completes when the deposit is %s: committed, paid out, and the treasury’s', async (_how, from, bring) => {
    const had = await holdingOf(from)
    const id = await opened(from)
    await customers.bring[bring](id)
    const { types } = await scene.endsAs(id, 'completed')
    expect(types).toEqual(
      expect.arrayContaining(['depositFinalized', 'commitFinalized', 'payoutSettled', 'depositReleaseFinalized']),
    )
    expect(await ordersOf(id)).toEqual(['credit settled'])
    expect(had - (await holdingOf(from))).toBe(sold)
  })

  it.each(ways)('gives what is %s back when the bank refuses the payout', async (_how, from, bring) => {
    const had = await holdingOf(from)
    await scene.arm({ kind: 'reject', match: { direction: 'credit' }, code: 'AC04', times: 1 })
    const id = await opened(from)
    await customers.bring[bring](id)
    const { types } = await scene.endsAs(id, 'compensated')
    expect(types).toEqual(expect.arrayContaining(['payoutRefused', 'depositRefundFinalized']))
    if (from === 'transfer') expect(await stray(id, 'returned')).toMatchObject({ reason: 'refunded' })
    expect(await holdingOf(from)).toBe(had)
  })
})

describe('a payout that comes back', () => {
  it('is a person’s, until the bank takes its return back', async () => {
    const id = await opened('evm')
    await customers.bring.locked(id)
    await scene.endsAs(id, 'completed')
    const [payout] = await scene.bankTransfersOf(id)
    await scene.bank('POST', `/return/${payout!.id}`, { code: 'R03' })
    expect(await scene.reaches(id, 'review')).toMatchObject({ failure: { code: 'payout_returned' } })
    await scene.bank('POST', `/reverse-return/${payout!.id}`)
    expect(await scene.reaches(id, 'completed')).toMatchObject({ failure: null })
    expect(await ordersOf(id)).toEqual(['credit settled'])
  })
})

describe('a fault', () => {
  it.each(ways)('kill -9 in the middle pays out once what is %s', async (_how, from, bring) => {
    const had = await holdingOf(from)
    const id = await opened(from)
    await customers.bring[bring](id)
    const { types } = await scene.endsAs(id, 'completed', async ({ type }) => {
      if (type === 'depositFinalized') await scene.killIndexer()
      if (type === 'commitFinalized') await scene.killService()
    })
    expect(types).toEqual(expect.arrayContaining(['depositFinalized', 'commitFinalized']))
    expect(await ordersOf(id)).toEqual(['credit settled'])
    expect(had - (await holdingOf(from))).toBe(sold)
  })

  it.each(ways)('lost answers of bank and network pay out once what is %s', async (_how, from, bring) => {
    const had = await holdingOf(from)
    const id = await opened(from)
    const struck = await scene.arm({ kind: 'drop_after', match: { direction: 'credit' }, times: 1 })
    await customers.bring[bring](id)
    await network.arm({ kind: 'timeout_after', times: 1 })
    await scene.endsAs(id, 'completed')
    expect(await struck()).toEqual([1])
    expect(await ordersOf(id)).toEqual(['credit settled'])
    expect(had - (await holdingOf(from))).toBe(sold)
  })
})

describe('a deposit that comes too late', () => {
  const expired = async () => {
    const id = await opened('stellar')
    const instructions = await customers.onStellar(id)
    await scene.database.query(`update deadlines set due_at = now() where transfer_id = $1 and kind = 'deposit'`, [id])
    await scene.endsAs(id, 'failed')
    return { id, instructions }
  }

  it('paid on Stellar comes back as a stray one', async () => {
    const had = await holdingOf('stellar')
    const { id, instructions } = await expired()
    await payDeposit(customers.grace, instructions)
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'not_expected', payer: customers.grace.address })
    expect(await holdingOf('stellar')).toBe(had)
    expect(await ordersOf(id)).toEqual([])
  })

  it('left in a claimable balance comes back by the transfer, also when the service dies over it', async () => {
    const had = await holdingOf('stellar')
    const { id, instructions } = await expired()
    await leaveDeposit(customers.grace, instructions)
    await scene.reaches(id, 'refundingDeposit', 'refundedDeposit', 'compensated')
    await scene.killService()
    await scene.reaches(id, 'compensated')
    expect(await holdingOf('stellar')).toBe(had)
    expect(await ordersOf(id)).toEqual([])
  })
})

describe('a wrong deposit', () => {
  it('on Stellar goes back whole, and the right one is still taken', async () => {
    const had = await holdingOf('stellar')
    const id = await opened('stellar')
    await payDeposit(customers.grace, await customers.onStellar(id), '100.2499999')
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'wrong_amount', payer: customers.grace.address })
    expect(await holdingOf('stellar')).toBe(had)
    await customers.bring.paid(id)
    await scene.endsAs(id, 'completed')
    expect(had - (await holdingOf('stellar'))).toBe(sold)
  })

  it('paid twice on Stellar comes back once', async () => {
    const had = await holdingOf('stellar')
    const id = await opened('stellar')
    const instructions = await customers.onStellar(id)
    await payDeposit(customers.grace, instructions)
    await payDeposit(customers.grace, instructions)
    await scene.endsAs(id, 'completed')
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'repeated', payer: customers.grace.address })
    expect(had - (await holdingOf('stellar'))).toBe(sold)
  })

  it('left in a second claimable balance on Stellar comes back once', async () => {
    const had = await holdingOf('stellar')
    const id = await opened('stellar')
    const instructions = await customers.onStellar(id)
    await leaveDeposit(customers.grace, instructions)
    await leaveAgain(customers.grace, instructions)
    await scene.endsAs(id, 'completed')
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'repeated', payer: customers.grace.address })
    expect(had - (await holdingOf('stellar'))).toBe(sold)
  })

  it('transferred to an address in part comes back when the transfer is canceled', async () => {
    const had = await holdingOf('transfer')
    const id = await opened('transfer')
    await transferDeposit(customers.ada, await customers.atAddress(id), 7n)
    expect((await scene.cancel(id)).status).toBe(202)
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'wrong_amount', payer: customers.ada.address, units: '7' })
    expect(await holdingOf('transfer')).toBe(had)
  })

  it('transferred to the same address again comes back, and so does what was too much', async () => {
    const had = await holdingOf('transfer')
    const id = await opened('transfer')
    const instructions = await customers.atAddress(id)
    await transferDeposit(customers.ada, instructions, sold / 10n + 7n)
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'wrong_amount', units: '7' })
    await transferDeposit(customers.ada, instructions)
    await until('it is back', async () => had - (await holdingOf('transfer')) === sold)
    await scene.endsAs(id, 'completed')
  })

  it('on the EVM chain stays its payer’s, and the right one is still taken', async () => {
    const id = await opened('evm')
    const { approve, escrow, terms } = await customers.onEvm(id)
    await customers.ada.send(approve)
    const less = { ...terms, amount: '100249999' } as never
    await customers.ada.send({ to: escrow, data: encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [less] }) })
    expect(await stray(id, 'self_serve')).toMatchObject({ reason: 'wrong_amount', payer: customers.ada.address })
    await customers.bring.locked(id)
    await scene.endsAs(id, 'completed')
  })
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})
