import { randomUUID } from 'node:crypto'
import { encodeFunctionData, erc20Abi, parseUnits } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import type { TransferView } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

// Stablecoins that the customer locks himself, to fiat.

let scene: Scenario
const customer = evmAccount(5)

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    blockMs: 150,
    bank: { settlementDelays: { wire: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
  const { admin, token, escrow } = scene.world.contracts
  const funds = parseUnits('10000', 6)
  await scene.sendAs(
    admin.key,
    token,
    encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [customer.address, funds] }),
  )
  await scene.sendAs(customer.key, token, encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [escrow, funds] }))
})
afterEach(() => scene?.disarm())
afterAll(() => scene?.stop())

const post = async (): Promise<TransferView> => {
  const account = {
    type: 'bank_account',
    rail: 'wire',
    name: 'Ada Lovelace',
    accountNumber: '1234567890',
    routingNumber: '021000021',
  }
  const { status, body } = await scene.api.call<TransferView>('POST', '/v1/transfers', {
    key: randomUUID(),
    body: {
      source: { type: 'chain_address', chain: scene.world.chain, address: customer.address },
      destination: { ...account, asset: 'USD' },
      amount: { value: '100.25', asset: 'USDC' },
    },
  })
  expect(status, JSON.stringify(body)).toBe(202)
  return body
}
/** Locks what the transfer asks for, as the customer. */
const deposit = async ({ id, deposit }: TransferView): Promise<void> => {
  await scene.reaches(id, 'awaitingDeposit')
  const { ref, terms } = deposit!
  const { payer, payee, refundAfter, hardDeadline } = terms
  const locked = {
    ...{ ref, token: scene.world.contracts.token, payer, payee, amount: parseUnits(terms.amount.value, 6) },
    ...{ refundAfter: BigInt(refundAfter), hardDeadline: BigInt(hardDeadline), onExpiry: 0 },
  }
  const data = encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [locked as never] })
  await scene.sendAs(customer.key, scene.world.contracts.escrow, data)
}
const tokens = () =>
  scene.node.readContract({
    ...{ address: scene.world.contracts.token, abi: erc20Abi, functionName: 'balanceOf', args: [customer.address] },
  })
const ordersOf = async (id: string) => (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`)

describe('an off-ramp', () => {
  it('completes: deposited, committed, paid out, and the deposit is the treasury’s', async () => {
    const had = await tokens()
    const opened = await post()
    await deposit(opened)
    const { types } = await scene.endsAs(opened.id, 'completed')
    expect(types).toEqual(
      expect.arrayContaining(['depositFinalized', 'commitFinalized', 'payoutSettled', 'depositReleaseFinalized']),
    )
    expect(await ordersOf(opened.id)).toEqual(['credit settled'])
    expect(had - (await tokens())).toBe(100_250_000n)
  })

  it('gives the deposit back when the bank refuses the payout', async () => {
    const had = await tokens()
    await scene.arm({ kind: 'reject', match: { direction: 'credit' }, code: 'AC04', times: 1 })
    const opened = await post()
    await deposit(opened)
    const { types } = await scene.endsAs(opened.id, 'compensated')
    expect(types).toEqual(expect.arrayContaining(['payoutRefused', 'depositRefundFinalized']))
    expect(await tokens()).toBe(had)
  })
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})
