import { randomUUID } from 'node:crypto'
import { encodeFunctionData, formatUnits, parseUnits } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import type { TransferView } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { depositInstructions, leaveDeposit, lockDeposit, payDeposit, signDeposit } from '../../scripts/local/depositor.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { type EvmParty, evmParty } from '../../scripts/local/evm-party.ts'
import type { StellarBridge } from '../../scripts/local/stellar-bridge.ts'
import { type StellarParty, stellarParty } from '../../scripts/local/stellar-party.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// Stablecoins that the customer brings himself, on either kind of chain, to fiat.

let scene: Scenario
let bridge: StellarBridge
let ada: EvmParty
let grace: StellarParty

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    ...{ blockMs: 150, stellarCloseMs: 250 },
    bank: { settlementDelays: { wire: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
  bridge = scene.world.stellar!
  ada = evmParty(scene.world, evmAccount(5))
  grace = stellarParty(bridge)
  const opened = async () => {
    await grace.open()
    await grace.trust('USDC')
    await grace.fund('USDC', '10000')
  }
  await Promise.all([ada.fund(parseUnits('10000', 6)), opened()])
})
afterEach(() => scene?.disarm())
afterAll(() => scene?.stop())

const onEvm = (id: string) => depositInstructions(scene.api, id, 'evm')
const onStellar = (id: string) => depositInstructions(scene.api, id, 'stellar')

type Way = { readonly from: 'evm' | 'stellar'; readonly bring: (id: string) => Promise<void> }
const locked: Way = { from: 'evm', bring: async id => lockDeposit(ada, await onEvm(id)) }
const signed: Way = { from: 'evm', bring: id => signDeposit(scene.api, ada, id) }
const left: Way = { from: 'stellar', bring: async id => leaveDeposit(grace, await onStellar(id)) }
const paid: Way = { from: 'stellar', bring: async id => payDeposit(grace, await onStellar(id)) }
const ways: readonly [string, Way][] = [
  ['locked by the customer', locked],
  ['locked by his signature, without gas of his', signed],
  ['left in a claimable balance on Stellar', left],
  ['paid with a memo on Stellar', paid],
]

/** An off-ramp of 100.25 that waits for its deposit. */
const opened = async (from: Way['from']): Promise<string> => {
  const account = {
    type: 'bank_account',
    rail: 'wire',
    name: 'Ada Lovelace',
    accountNumber: '1234567890',
    routingNumber: '021000021',
  }
  const legs = {
    evm: { type: 'chain_address', chain: scene.world.chain, address: ada.address },
    stellar: { type: 'chain_address', chain: bridge.chain, address: grace.address },
  }
  const { status, body } = await scene.api.call<TransferView>('POST', '/v1/transfers', {
    key: randomUUID(),
    body: { source: legs[from], destination: { ...account, asset: 'USD' }, amount: { value: '100.25', asset: 'USDC' } },
  })
  expect(status, JSON.stringify(body)).toBe(202)
  await scene.reaches(body.id, 'awaitingDeposit')
  return body.id
}
const holdings = { evm: async () => formatUnits(await ada.holds(), 6), stellar: async () => (await grace.holds('USDC'))! }
const minor = (units: string) => parseUnits(units, 7) / 10n
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
  it.each(ways)('completes when the deposit is %s: committed, paid out, and the treasury’s', async (_how, { from, bring }) => {
    const had = minor(await holdings[from]())
    const id = await opened(from)
    await bring(id)
    const { types } = await scene.endsAs(id, 'completed')
    expect(types).toEqual(
      expect.arrayContaining(['depositFinalized', 'commitFinalized', 'payoutSettled', 'depositReleaseFinalized']),
    )
    expect(await ordersOf(id)).toEqual(['credit settled'])
    expect(had - minor(await holdings[from]())).toBe(100_250_000n)
  })

  it.each(ways)('gives what is %s back when the bank refuses the payout', async (_how, { from, bring }) => {
    const had = await holdings[from]()
    await scene.arm({ kind: 'reject', match: { direction: 'credit' }, code: 'AC04', times: 1 })
    const id = await opened(from)
    await bring(id)
    const { types } = await scene.endsAs(id, 'compensated')
    expect(types).toEqual(expect.arrayContaining(['payoutRefused', 'depositRefundFinalized']))
    expect(await holdings[from]()).toBe(had)
  })
})

describe('a wrong deposit', () => {
  it('on Stellar goes back whole, and the right one is still taken', async () => {
    const had = await holdings.stellar()
    const id = await opened('stellar')
    await payDeposit(grace, await onStellar(id), '100.2499999')
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'wrong_amount', payer: grace.address })
    expect(await holdings.stellar()).toBe(had)
    await paid.bring(id)
    await scene.endsAs(id, 'completed')
    expect(minor(had) - minor(await holdings.stellar())).toBe(100_250_000n)
  })

  it('paid twice on Stellar comes back once', async () => {
    const had = await holdings.stellar()
    const id = await opened('stellar')
    const instructions = await onStellar(id)
    await payDeposit(grace, instructions)
    await payDeposit(grace, instructions)
    await scene.endsAs(id, 'completed')
    expect(await stray(id, 'returned')).toMatchObject({ reason: 'repeated', payer: grace.address })
    expect(minor(had) - minor(await holdings.stellar())).toBe(100_250_000n)
  })

  it('on the EVM chain stays its payer’s, and the right one is still taken', async () => {
    const id = await opened('evm')
    const { approve, escrow, terms } = await onEvm(id)
    await ada.send(approve)
    const less = { ...terms, amount: '100249999' } as never
    await ada.send({ to: escrow, data: encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [less] }) })
    expect(await stray(id, 'self_serve')).toMatchObject({ reason: 'wrong_amount', payer: ada.address })
    await locked.bring(id)
    await scene.endsAs(id, 'completed')
  })
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})
