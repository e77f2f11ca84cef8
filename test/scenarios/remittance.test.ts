import { erc20Abi } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { payoutPartner } from '../../scripts/local/payout-partners.ts'
import { remitters } from '../support/remitters.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

// Fiat to fiat, over a hold that the payout partner is paid with.

let scene: Scenario
let send: ReturnType<typeof remitters>

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    blockMs: 150,
    bank: { settlementDelays: { sepa_inst: 50, wire: 50, ach: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
  send = remitters(scene)
})
afterEach(() => scene?.disarm())
afterAll(() => scene?.stop())

const held = (token: `0x${string}`) =>
  scene.node.readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [payoutPartner.address] })

describe('a remittance from euros to dollars', () => {
  it('completes: debited, held, committed, paid out, and the partner has his dollars as tokens', async () => {
    const before = await held(scene.world.contracts.token)
    const { transfer, types } = await scene.endsAs(await send.eurosToDollars(), 'completed')
    expect(types).toEqual([
      ...['transferRequested', 'screeningPassed', 'liquidityReserved', 'debitSubmitted', 'debitSettled'],
      ...['escrowLocked', 'lockFinalized', 'clearingPassed', 'escrowCommitted', 'commitFinalized'],
      ...['payoutSubmitted', 'payoutSettled', 'escrowReleased', 'releaseFinalized'],
    ])
    expect(await send.ordersOf(transfer.id)).toEqual(['credit settled', 'debit settled'])
    // 100.25 less a fee of 0.36, at 1.08.
    expect((await held(scene.world.contracts.token)) - before).toBe(107_880_000n)
  })

  it('gives the euros back when the payout is refused, and the hold to the treasury', async () => {
    await scene.arm({ kind: 'reject', match: { direction: 'credit', rail: 'wire' }, code: 'AC04', times: 1 })
    const { transfer, types } = await scene.endsAs(await send.eurosToDollars(), 'compensated')
    expect(types).toEqual(expect.arrayContaining(['payoutRefused', 'escrowRefunded', 'creditSettled']))
    expect(await send.ordersOf(transfer.id)).toEqual(['credit rejected', 'credit settled', 'debit settled'])
  })

  it('pays out once when the bank’s answer is lost', async () => {
    const struck = await scene.arm({ kind: 'drop_after', match: { direction: 'credit', rail: 'wire' }, times: 1 })
    const { transfer, types } = await scene.endsAs(await send.eurosToDollars(), 'completed')
    expect(types).toContain('payoutUnknown')
    expect(await struck()).toEqual([1])
    expect(await send.ordersOf(transfer.id)).toEqual(['credit settled', 'debit settled'])
  })
})

it('from dollars to euros holds what is minted for it', async () => {
  const before = await held(scene.world.settlementToken)
  const { types } = await scene.endsAs(await send.dollarsToEuros(), 'completed')
  expect(types).toContain('mintPlanned')
  expect((await held(scene.world.settlementToken)) - before).toBe(89_900_000n)
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})
