import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Chain, HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import type { TransferId } from '../../bridge-service/src/transfer/id.ts'
import { depositAddressesAbi } from '../../contracts/abi/deposit-addresses.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { markFork } from '../../scripts/local/reorg.ts'
import type { DepositBridge } from '../support/deposit-bridge.ts'
import { startEvmDepositBridge } from '../support/evm-deposit-bridge.ts'
import type { EvmScene } from '../support/evm-world.ts'

// What somebody transfers to the address of a deposit, from an exchange say, to its end: what was agreed, and everything else.
let scene: EvmScene
let chain: Chain
let bridge: DepositBridge
let stop: () => Promise<void>
beforeAll(async () => {
  ;({ scene, chain, bridge, stop } = await startEvmDepositBridge(8))
})
afterAll(() => stop?.())

const amountMinor = 100_250_000n

type Opened = { id: TransferId; own: HoldTerms; held: HoldTerms; customer: Hex }
let customers = 0
/** An off-ramp that waits at an address of its own, of a customer of its own who has nothing. */
const opened = async (): Promise<Opened> => {
  const customer: Hex = `0x${(0xc0000 + ++customers).toString(16).padStart(40, '0')}`
  const { timestamp } = await scene.client.getBlock()
  const now = Math.max(Number(timestamp), Math.floor(Date.now() / 1_000))
  const own = scene.terms({
    ...{ payer: customer, payee: scene.deployment.treasury.address, onExpiry: 'refund' },
    ...{ refundAfter: now + 3_600, hardDeadline: now + 86_400 },
  })
  const held = { ...own, payer: chain.deposits!.addresses!.addressOf(own) }
  return { id: await bridge.open(held, 'escrow', customer), own, held, customer }
}
const mint = async (to: string, minor: bigint) => {
  await scene.client.writeContract({
    ...{ account: privateKeyToAccount(scene.deployment.admin.key), chain: null, address: scene.deployment.token },
    ...{ abi: testDollarAbi, functionName: 'mint', args: [to as Hex, minor] },
  })
  await scene.mine()
}
const bring = ({ held }: Opened, minor = amountMinor) => mint(held.payer, minor)
/** What anybody can do about a deposit address, ahead of whatever else waits for the next block. */
const byStranger = async ({ own }: Opened, functionName: 'lock' | 'recover') => {
  const { token, depositAddresses } = scene.deployment
  const terms = { ...own, token, amount: amountMinor, onExpiry: 0 } as never
  await scene.client.writeContract({
    ...{ account: privateKeyToAccount(evmAccount(9).key), chain: null, address: depositAddresses, abi: depositAddressesAbi },
    ...{ functionName, args: (functionName === 'lock' ? [terms] : [terms, token]) as never },
    ...{ gas: 400_000n, maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n },
  })
}
const balance = async (account: string) => BigInt(await chain.balanceOf('USDC', account))
/** Nothing of it is anywhere but with the customer and the treasury. */
const isClear = async ({ held, customer }: Opened, back: bigint) => {
  expect(await balance(held.payer)).toBe(0n)
  expect(await balance(customer)).toBe(back)
  expect(await bridge.posted('treasury:evm:31337:USDC')).toBe((await balance(chain.treasury)).toString())
  expect(await bridge.posted('customer_clearing:USDC')).toBe('0')
  expect(await bridge.posted('escrow:evm:31337:USDC')).toBe('0')
}
const locks = ({ held }: Opened) => scene.events('Locked', held.ref)
const pastDue = async ({ id }: Opened) => {
  await bridge.owner.query(`update deadlines set due_at = now() where transfer_id = $1 and kind = 'deposit'`, [id])
  await bridge.reaches(id, 'failed')
}

describe('what was agreed, transferred to its address', () => {
  test('is locked by us, committed, paid out and collected', async () => {
    const deposit = await opened()
    const before = await balance(chain.treasury)
    await bring(deposit)
    await bridge.reaches(deposit.id, 'completed')
    expect((await balance(chain.treasury)) - before).toBe(amountMinor)
    expect(await locks(deposit)).toHaveLength(1)
    await isClear(deposit, 0n)
    expect(await bridge.strays()).toEqual([])
  })

  test('is locked once, however many look', async () => {
    const deposit = await opened()
    await bring(deposit)
    for (let round = 0; round < 3; round++) {
      await bridge.owner.query('update deposit_addresses set look_at = now()')
      await Promise.all(Array.from({ length: 4 }, () => bridge.look()))
    }
    await bridge.reaches(deposit.id, 'completed')
    const { rows } = await bridge.owner.query(`select status from deposit_orders where subject = $1`, [deposit.id])
    expect(rows).toEqual([{ status: 'SUCCEEDED' }])
    await isClear(deposit, 0n)
  })

  test('is taken in parts, from whoever', async () => {
    const deposit = await opened()
    await bring(deposit, amountMinor - 1n)
    await bridge.goOn('it is seen', async () => {
      const { rows } = await bridge.owner.query('select seen from deposit_addresses where transfer_id = $1', [deposit.id])
      return rows[0].seen === String(amountMinor - 1n)
    })
    expect(await locks(deposit)).toHaveLength(0)
    await bring(deposit, 1n)
    await bridge.reaches(deposit.id, 'completed')
    await isClear(deposit, 0n)
  })

  test('goes on to the customer when the bank refuses the payout', async () => {
    bridge.bank.faults.submit.push({ refused: 'account_closed' })
    const deposit = await opened()
    await bring(deposit)
    await bridge.reaches(deposit.id, 'compensated')
    const stray = await bridge.strayAtAddress(deposit.id, 'refunded', 'returned')
    expect(stray).toMatchObject({ units: String(amountMinor), payer: deposit.customer, currency: 'USDC' })
    await isClear(deposit, amountMinor)
  })

  test('is locked again when the chain forgets the transfer that brought it', async () => {
    const deposit = await opened()
    const fork = await markFork(scene.nodeUrl)
    await bring(deposit)
    // Ordered, sent, and in a block that does not stay.
    await bridge.look()
    await scene.mine()
    expect(await locks(deposit)).toHaveLength(1)
    await fork.reorg()
    // The lock is sent again, into a branch in which there is nothing to lock.
    for (let block = 0; block < 9; block++) {
      await chain.tend()
      await scene.mine()
    }
    expect(await locks(deposit)).toHaveLength(0)
    await bring(deposit)
    await bridge.goOn('it is locked by another order', async () => {
      await bridge.owner.query(`update deposit_orders set updated_at = now() - interval '1 minute' where status = 'FAILED'`)
      return (await locks(deposit)).length === 1
    })
    await bridge.reaches(deposit.id, 'completed')
    await isClear(deposit, 0n)
  })
})

describe('what was not agreed, transferred to an address', () => {
  test('comes back when it was too little', async () => {
    const deposit = await opened()
    await bring(deposit, 7n)
    await pastDue(deposit)
    expect(await bridge.strayAtAddress(deposit.id, 'wrong_amount', 'returned')).toMatchObject({ units: '7' })
    await isClear(deposit, 7n)
  })

  test('comes back as far as it was too much', async () => {
    const deposit = await opened()
    await bring(deposit, amountMinor + 7n)
    await bridge.reaches(deposit.id, 'completed')
    expect(await bridge.strayAtAddress(deposit.id, 'wrong_amount', 'returned')).toMatchObject({ units: '7' })
    await isClear(deposit, 7n)
  })

  test('comes back the second time, and the third', async () => {
    const deposit = await opened()
    await bring(deposit)
    await bridge.reaches(deposit.id, 'completed')
    await bring(deposit)
    await bridge.strayAtAddress(deposit.id, 'repeated', 'returned')
    await isClear(deposit, amountMinor)
    await bring(deposit, 5n)
    await bridge.goOn('all of it is back', async () => (await balance(deposit.customer)) === amountMinor + 5n)
    await isClear(deposit, amountMinor + 5n)
  })

  test('comes back when it comes too late', async () => {
    const deposit = await opened()
    await pastDue(deposit)
    await bring(deposit)
    await bridge.strayAtAddress(deposit.id, 'not_expected', 'returned')
    expect(await locks(deposit)).toHaveLength(0)
    await isClear(deposit, amountMinor)
  })

  test('comes back at once when it is the coin of the chain, and the right one is still taken', async () => {
    const deposit = await opened()
    await scene.client.setBalance({ address: deposit.held.payer as Hex, value: 5n })
    expect(await bridge.strayAtAddress(deposit.id, 'wrong_asset', 'returned')).toMatchObject({ token: 'native', currency: null })
    expect(await scene.client.getBalance({ address: deposit.customer })).toBe(5n)
    await bring(deposit)
    await bridge.reaches(deposit.id, 'completed')
  })

  test('is locked by a stranger too late, and goes all the way back', async () => {
    const deposit = await opened()
    await pastDue(deposit)
    await bring(deposit)
    await byStranger(deposit, 'lock')
    await scene.mine()
    await bridge.reaches(deposit.id, 'compensated')
    await bridge.strayAtAddress(deposit.id, 'refunded', 'returned')
    await isClear(deposit, amountMinor)
  })

  test('stays for a person while the token refuses to pay the customer', async () => {
    const deposit = await opened()
    await bring(deposit, 7n)
    await scene.asIssuer('setDenied', deposit.customer, true)
    await pastDue(deposit)
    expect(await bridge.strayAtAddress(deposit.id, 'wrong_amount', 'person')).toMatchObject({ code: 'DeniedAccount' })
    await scene.asIssuer('setDenied', deposit.customer, false)
    await bridge.owner.query(`update stray_deposits set state = 'waiting', look_at = now() where transfer_id = $1`, [deposit.id])
    await bridge.strayAtAddress(deposit.id, 'wrong_amount', 'returned')
    await isClear(deposit, 7n)
  })

  test('is over when somebody was quicker, so that what we had sent reverts', async () => {
    const deposit = await opened()
    await bring(deposit)
    await bridge.reaches(deposit.id, 'completed')
    await bring(deposit, 7n)
    await bridge.owner.query('update deposit_addresses set look_at = now()')
    await bridge.look()
    await byStranger(deposit, 'recover')
    expect(await bridge.strayAtAddress(deposit.id, 'repeated', 'gone')).toMatchObject({ units: '7' })
    const { rows } = await bridge.owner.query(
      `select code from deposit_orders where kind = 'giveBack' and subject like 'sd_%' and status = 'FAILED'`,
    )
    expect(rows).toContainEqual({ code: 'reverted' })
    await isClear(deposit, 7n)
  })

  test('is over when somebody has sent it back before us', async () => {
    const deposit = await opened()
    await bring(deposit)
    await bridge.reaches(deposit.id, 'completed')
    await bridge.owner.query(
      `insert into stray_deposits (id, chain, fact, ref, transfer_id, tenant, token, currency, units, booked, payer, reason, state, address_terms)
       values ($1, $2, $3 || ':x:0', 'x', $4, 'acme', $5, 'USDC', 7, 0, $6, 'repeated', 'waiting', $7)`,
      [
        ...[`sd_${'0'.repeat(26)}`, chain.id, deposit.held.payer, deposit.id, chain.tokenAddress('USDC'), deposit.customer],
        deposit.own,
      ],
    )
    await bridge.strayAtAddress(deposit.id, 'repeated', 'gone')
  })
})
