import { AuthClawbackEnabledFlag, AuthRevocableFlag, Claimant, Memo, Operation } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StellarBridge } from '../../scripts/local/stellar-bridge.ts'
import { type StellarParty, stellarParty } from '../../scripts/local/stellar-party.ts'
import { type Crashes, type Path, startCrashes } from '../support/crashes.ts'
import { until } from '../support/until.ts'

// On-ramps to Stellar through the REST API, on processes of their own. The demo plays the plain ones.

let crashes: Crashes
let bridge: StellarBridge
let customer: StellarParty

beforeAll(async () => {
  crashes = await startCrashes({
    confirmations: 1,
    stellarCloseMs: 250,
    bank: { settlementDelays: { ach: 100, sepa: 50, sepa_inst: 50 } },
  })
  bridge = crashes.scene.world.stellar!
  customer = stellarParty(bridge)
  await customer.open()
  await customer.trust('USDC')
  await customer.trust('EURC')
})
afterAll(() => crashes?.stop())

const post = (value: string, to = customer.address) => crashes.scene.post({ value, chain: bridge.chain, to })
/** So much by ACH waits for clearing. */
const postThatClears = async () => {
  const id = await post('600.00')
  await crashes.scene.reaches(id, 'clearing')
  return id
}
const posted = async (account: string) => {
  const { rows } = await crashes.scene.database.query<{ total: string }>(
    `select coalesce(sum(amount), 0) as total from ledger_postings where layer = 'posted' and account_id = $1`,
    [account],
  )
  return BigInt(rows[0]!.total)
}

describe('kill -9', () => {
  const forward: Path = async armed => {
    armed()
    const id = await post('100.25')
    await crashes.scene.endsAs(id, 'completed')
    expect(await crashes.effectsOf(id)).toEqual(['debit settled'])
  }
  const back: Path = async armed => {
    const id = await postThatClears()
    armed()
    await crashes.cancel(id)
    await crashes.scene.endsAs(id, 'compensated')
    expect(await crashes.effectsOf(id)).toEqual(['credit settled', 'debit settled'])
  }
  // What all chains share is crashed at in crash.test.ts; channels are opened once in a process's life, and whether something has to be sent
  // again is chance (chains/stellar/chaos.test.ts stops a worker there).
  const ofStellar = (point: string) =>
    /stellar|(?:before|after) submission to Horizon|indexer_insert_and_tell/.test(point) &&
    !/insert into stellar_channels/.test(point)

  it.each([
    ['lock and release', forward],
    ['refund', back],
  ])('between any two writes of a %s leaves exactly one effect', { timeout: 300_000 }, (what, path) =>
    crashes.crashEverywhere(`Stellar ${what}`, path, ofStellar),
  )
})

describe('an on-ramp whose stablecoins are minted', () => {
  it('mints into the hold, and burns what is refunded', async () => {
    const supply = async () => {
      const { records } = await customer.horizon.assets().forCode('EURC').forIssuer(bridge.setup.issuer.publicKey()).call()
      return [records[0]!.balances.authorized, records[0]!.claimable_balances_amount]
    }
    const order = { chain: bridge.chain, to: customer.address, asset: 'EURC' } as const
    const before = await supply()
    const kept = await crashes.scene.post({ ...order, value: '600.00', rail: 'sepa' })
    await crashes.scene.reaches(kept, 'clearing')
    expect((await supply())[1]).toBe('599.1500000') // the control: it was minted
    await crashes.cancel(kept)
    await crashes.scene.endsAs(kept, 'compensated')
    expect(await supply()).toEqual(before)

    const id = await crashes.scene.post({ ...order, value: '100.25', rail: 'sepa_inst' })
    await crashes.scene.endsAs(id, 'completed')
    expect(await customer.holds('EURC')).toBe('99.8900000')
  })
})

describe('the issuer', () => {
  it('claws back a hold: our exposure, and the customer’s money goes back', async () => {
    const issuer = stellarParty(bridge, bridge.setup.issuer)
    const clawback = (AuthRevocableFlag | AuthClawbackEnabledFlag) as typeof AuthRevocableFlag
    // The right comes with the line, and the treasury's is older: it is opened anew by whoever may lose from it.
    await issuer.send(Operation.setOptions({ setFlags: clawback }))
    const treasury = stellarParty(bridge, bridge.setup.treasury)
    const asset = bridge.setup.assets.USDC!
    const inventory = (await treasury.holds('USDC'))!
    await treasury.send(
      Operation.payment({ asset, amount: inventory, destination: issuer.address }),
      Operation.changeTrust({ asset, limit: '0' }),
      Operation.changeTrust({ asset }),
    )
    await issuer.send(Operation.payment({ asset, amount: inventory, destination: treasury.address }))

    const id = await postThatClears()
    const { records } = await issuer.horizon.claimableBalances().claimant(bridge.setup.cold.publicKey()).call()
    expect(records).toHaveLength(1)
    await issuer.send(Operation.clawbackClaimableBalance({ balanceId: records[0]!.id }))
    const { transfer, types } = await crashes.scene.endsAs(id, 'compensated')
    expect(types).toContain('escrowClawedBack')
    expect(transfer.failure?.code).toBe('escrow_clawed_back')
    expect(await crashes.effectsOf(id)).toEqual(['credit settled', 'debit settled'])
    expect(await posted(`exposure:${bridge.chain}:USDC`)).toBe(599_150_000n)
    expect(await crashes.scene.lawsAtRest()).toEqual([])
    await issuer.send(Operation.setOptions({ clearFlags: clawback }))
  })
})

describe('a customer’s deposit', () => {
  const inInbox = (subject: string) =>
    until('the deposit in the inbox', async () => {
      const { rows } = await crashes.scene.database.query<{ payload: Record<string, unknown> }>(
        `select payload from inbox where source = $1 and kind = 'depositReceived' and subject = $2`,
        [bridge.chain, subject],
      )
      return rows[0]?.payload
    })

  it('is detected and handed to the saga, whether it comes as a payment with a memo or in a claimable balance', async () => {
    const asset = bridge.setup.assets.USDC!
    const treasury = bridge.setup.treasury.publicKey()
    const id = await post('10.00')
    await crashes.scene.endsAs(id, 'completed')

    await customer.sendWith(Memo.text('order 4711'), [Operation.payment({ asset, amount: '1', destination: treasury })])
    expect(await inInbox('order 4711')).toMatchObject({ amount: '10000000', payer: customer.address, memoType: 'text' })

    const ref = 'ab'.repeat(32)
    const deadline = String(Math.floor(Date.now() / 1_000) + 3_600)
    const claimants = [
      new Claimant(treasury, Claimant.predicateBeforeAbsoluteTime(deadline)),
      new Claimant(customer.address, Claimant.predicateNot(Claimant.predicateBeforeAbsoluteTime(deadline))),
    ]
    await customer.sendWith(Memo.hash(ref), [Operation.createClaimableBalance({ asset, amount: '2', claimants })])
    expect(await inInbox(`0x${ref}`)).toMatchObject({ amount: '20000000', payer: customer.address })
  })
})
