import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { freezeTreasury } from '../../scripts/local/freeze-treasury.ts'
import { stellarPayoutPartner } from '../../scripts/local/payout-partners.ts'
import type { StellarBridge } from '../../scripts/local/stellar-bridge.ts'
import { stellarParty } from '../../scripts/local/stellar-party.ts'
import { remitters } from '../support/remitters.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { stellarHands } from '../support/stellar-hands.ts'

// Fiat to fiat over a claimable balance, in which the payout partner is no claimant: it is ours until he has paid out, and has no commit.

const closeMs = 250
let scene: Scenario
let bridge: StellarBridge
let network: ReturnType<typeof stellarHands>
let send: ReturnType<typeof remitters>

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    ...{ blockMs: 1_000, stellarCloseMs: closeMs, payoutChains: { USD: 'stellar', EUR: 'stellar' } },
    bank: { settlementDelays: { sepa_inst: 50, wire: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '1000' },
  })
  bridge = scene.world.stellar!
  network = stellarHands(bridge)
  send = remitters(scene)
})
afterEach(() => Promise.all([scene?.disarm(), network?.disarm()]))
afterAll(() => scene?.stop())

/** What the partner has of a token, in units of seven decimals. */
const partnerHolds = async (asset: 'USDC' | 'EURC') =>
  BigInt((await stellarParty(bridge, stellarPayoutPartner).holds(asset))!.replace('.', ''))
const treasuryHolds = () => stellarParty(bridge, bridge.setup.treasury).holds('USDC')
const paid = ['credit settled', 'debit settled']

describe('a remittance over a hold on Stellar', () => {
  it('completes: debited, held, paid out without a commit, and the partner has his dollars as tokens', async () => {
    const before = await partnerHolds('USDC')
    const { transfer, types } = await scene.endsAs(await send.eurosToDollars(), 'completed')
    expect(types).toEqual([
      ...['transferRequested', 'screeningPassed', 'liquidityReserved', 'debitSubmitted', 'debitSettled'],
      ...['escrowLocked', 'lockFinalized', 'clearingPassed', 'commitSkipped'],
      ...['payoutSubmitted', 'payoutSettled', 'escrowReleased', 'releaseFinalized'],
    ])
    expect(await send.ordersOf(transfer.id)).toEqual(paid)
    expect((await partnerHolds('USDC')) - before).toBe(1_078_800_000n)
  })

  it('into euros holds what is minted for it', async () => {
    const before = await partnerHolds('EURC')
    const { types } = await scene.endsAs(await send.dollarsToEuros(), 'completed')
    expect(types).toContain('mintPlanned')
    expect((await partnerHolds('EURC')) - before).toBe(899_000_000n)
  })
})

describe('a refused step', () => {
  it('the hold, because the issuer has frozen our tokens: the euros go back', async () => {
    await freezeTreasury(bridge, true)
    try {
      const { transfer, types } = await scene.endsAs(await send.eurosToDollars(), 'compensated')
      expect(transfer.failure?.code).toBe('not_authorized')
      expect(types).toContain('lockRefused')
      expect(await send.ordersOf(transfer.id)).toEqual(paid)
    } finally {
      await freezeTreasury(bridge, false)
    }
  })

  it('the payout: the hold goes back to the treasury, and the euros to their owner', async () => {
    const before = await treasuryHolds()
    await scene.arm({ kind: 'reject', match: { direction: 'credit', rail: 'wire' }, code: 'AC04', times: 1 })
    const { transfer, types } = await scene.endsAs(await send.eurosToDollars(), 'compensated')
    expect(types).toEqual(expect.arrayContaining(['payoutRefused', 'escrowRefunded', 'creditSettled']))
    expect(await send.ordersOf(transfer.id)).toEqual(['credit rejected', ...paid])
    expect(await treasuryHolds()).toBe(before)
  })
})

describe('a lost answer', () => {
  it('of the bank to the payout pays out once', async () => {
    const struck = await scene.arm({ kind: 'drop_after', match: { direction: 'credit', rail: 'wire' }, times: 1 })
    const { transfer, types } = await scene.endsAs(await send.eurosToDollars(), 'completed')
    expect(types).toContain('payoutUnknown')
    expect(await struck()).toEqual([1])
    expect(await send.ordersOf(transfer.id)).toEqual(paid)
  })

  it('of Horizon to hold and release holds and releases once', async () => {
    const before = await partnerHolds('USDC')
    const struck = await network.arm({ kind: 'timeout_after', times: 2 })
    await scene.endsAs(await send.eurosToDollars(), 'completed')
    expect(await struck()).toBe(2)
    expect((await partnerHolds('USDC')) - before).toBe(1_078_800_000n)
  })
})

describe('a cancellation while the hold is under way', () => {
  /** The transfer as it is canceled while no ledger closes. */
  const canceled = async () => {
    await network.closeEvery(0)
    try {
      const id = await send.eurosToDollars()
      await scene.reaches(id, 'locking')
      expect((await scene.cancel(id)).status).toBe(202)
      await scene.has(id, 'cancelRequested')
      return id
    } finally {
      await network.closeEvery(closeMs)
    }
  }

  it.each([
    ['', async () => {}],
    [', with a kill -9 after the wish', () => scene.killService()],
  ])('holds, gives back, and pays nobody out%s', async (_fault, strike) => {
    const before = await treasuryHolds()
    const id = await canceled()
    await strike()
    const { types } = await scene.endsAs(id, 'compensated')
    expect(types).toContain('escrowRefunded')
    expect(types).not.toContain('payoutSubmitted')
    expect(await send.ordersOf(id)).toEqual(paid)
    expect(await treasuryHolds()).toBe(before)
  })
})

it('kill -9 of service and indexer in the middle pays out once, and the partner once', async () => {
  const before = await partnerHolds('USDC')
  const { transfer } = await scene.endsAs(await send.eurosToDollars(), 'completed', async ({ type }) => {
    if (['debitSettled', 'commitSkipped', 'payoutSettled'].includes(type)) await scene.killService()
    if (['lockFinalized', 'escrowReleased'].includes(type)) await scene.killIndexer()
  })
  expect(await send.ordersOf(transfer.id)).toEqual(paid)
  expect((await partnerHolds('USDC')) - before).toBe(1_078_800_000n)
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})
