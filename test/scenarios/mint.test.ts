import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeFunctionData, erc20Abi, keccak256, toHex } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../contracts/abi/settlement-token.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { looseMinterLimits } from '../../scripts/local/deploy-settlement-token.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// An asset that the bridge issues itself: minted into the escrow, burned when it comes back from there.

let scene: Scenario
const customer = evmAccount(6).address

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    blockMs: 150,
    bank: { settlementDelays: { sepa: 50, sepa_inst: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
})
afterAll(() => scene?.stop())

const onToken = () => ({ address: scene.world.settlementToken, abi: settlementTokenAbi }) as const
const supply = () => scene.node.readContract({ ...onToken(), functionName: 'totalSupply' })
const balanceOf = (account: `0x${string}`) =>
  scene.node.readContract({ address: scene.world.settlementToken, abi: erc20Abi, functionName: 'balanceOf', args: [account] })
const asAdmin = (...[functionName, args]: [string, readonly unknown[]]) =>
  scene.sendAs(
    scene.world.contracts.admin.key,
    scene.world.settlementToken,
    encodeFunctionData({ abi: settlementTokenAbi, functionName, args } as Parameters<typeof encodeFunctionData>[0]),
  )
const post = (value: string, rail: 'sepa' | 'sepa_inst' = 'sepa_inst') => scene.post({ asset: 'EURC', value, rail, to: customer })
/** So much by SEPA credit waits three days before it is released. */
const postThatClears = () => post('600.00', 'sepa')
const effectsOf = async (id: string) =>
  (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort()
const proof = async () => {
  const { body } = await scene.api.call<{ ok: boolean; laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  return body
}

describe('an on-ramp whose stablecoins are minted', () => {
  it('completes: the supply has grown by what the customer has, and no inventory was touched', async () => {
    const [before, had] = [await supply(), await balanceOf(customer)]
    const id = await post('100.25')
    const { transfer, types } = await scene.endsAs(id, 'completed')
    expect(types).toContain('mintPlanned')
    expect(types).not.toContain('liquidityReserved')
    const delivered = 99_890_000n // a fee of 0.25 and ten basis points, rounded up to a cent
    expect((await balanceOf(customer)) - had).toBe(delivered)
    expect((await supply()) - before).toBe(delivered)
    const { body } = await scene.api.call<{ terms: { payer: string } }>('GET', `/v1/escrows/${transfer.escrow.ref}`)
    expect(body.terms.payer).toBe(scene.world.settlementToken)
    const { rows } = await scene.database.query('select from reservations where transfer_id = $1', [id])
    expect(rows).toEqual([])
  })

  it('is canceled while the euros clear: what was minted is burned, and they go back', async () => {
    const before = await supply()
    const id = await postThatClears()
    await scene.reaches(id, 'clearing')
    expect(await supply()).toBeGreaterThan(before) // the control: it was minted
    expect((await proof()).laws.filter(({ ok }) => !ok)).toEqual([])
    await scene.cancel(id)
    const { types } = await scene.endsAs(id, 'compensated')
    expect(types).toContain('escrowRefunded')
    expect(await supply()).toBe(before)
    expect(await effectsOf(id)).toEqual(['credit settled', 'debit settled'])
  })

  it('loses its debit to a return while it clears: burned, and nothing is credited', async () => {
    const before = await supply()
    const id = await postThatClears()
    await scene.reaches(id, 'clearing')
    const [debit] = await scene.bankTransfersOf(id)
    await scene.bank('POST', `/return/${debit!.id}`, { code: 'MD06' })
    await scene.endsAs(id, 'compensated')
    expect(await supply()).toBe(before)
    expect(await effectsOf(id)).toEqual(['debit returned'])
  })

  it('is canceled while the token is paused: burned once it no longer is', async () => {
    const before = await supply()
    const id = await postThatClears()
    await scene.reaches(id, 'clearing')
    await asAdmin('pause', [])
    await scene.cancel(id)
    expect((await scene.has(id, 'refundRefused')).payload).toMatchObject({ code: 'EnforcedPause' })
    expect(await supply()).toBeGreaterThan(before)
    await asAdmin('unpause', [])
    await scene.endsAs(id, 'compensated')
    expect(await supply()).toBe(before)
  })
})

describe('the minter’s limits', () => {
  afterEach(async () => {
    await asAdmin('proposeMinterLimits', [scene.world.contracts.treasury.address, looseMinterLimits])
    await asAdmin('applyMinterLimits', [scene.world.contracts.treasury.address])
    // Whoever was no minter begins with an empty bucket.
    await until('the bucket to fill', async () => {
      const args = [scene.world.contracts.treasury.address] as const
      const [, available] = await scene.node.readContract({ ...onToken(), functionName: 'minterOf', args })
      return available > 1_000_000_000n
    })
  })

  it.each([
    ['his bucket is empty', { perTransaction: 10n ** 9n, capacity: 1_000_000n, refillPerDay: 1_000_000n }, 'BucketTooLow'],
    [
      'it is more than one call may mint',
      { perTransaction: 1n, capacity: 10n ** 9n, refillPerDay: 10n ** 9n },
      'AboveTransactionLimit',
    ],
    ['he is none any more', { perTransaction: 0n, capacity: 0n, refillPerDay: 0n }, 'AboveTransactionLimit'],
  ])('%s: the lock is refused by name, nothing is minted, and the euros go back', async (_what, limits, code) => {
    await asAdmin('lowerMinterLimits', [scene.world.contracts.treasury.address, limits])
    const before = await supply()
    const id = await post('100.25')
    const { transfer, types } = await scene.endsAs(id, 'compensated')
    expect(transfer.failure?.code).toBe(code)
    expect(types).not.toContain('escrowLocked')
    expect(await supply()).toBe(before)
    expect(await effectsOf(id)).toEqual(['credit settled', 'debit settled'])
  })
})

describe('the configuration', () => {
  const withFunding = (change: { funding?: Record<string, string>; tokens?: Record<string, string> }) => {
    const [chain] = JSON.parse(scene.world.env.CAUSEWAY_CHAINS!)
    const book = JSON.parse(readFileSync(chain.addressBook, 'utf8'))
    const addressBook = join(scene.world.folder, 'addresses.changed.json')
    writeFileSync(addressBook, JSON.stringify({ ...book, ...change, tokens: { ...book.tokens, ...change.tokens } }))
    return { CAUSEWAY_CHAINS: JSON.stringify([{ ...chain, addressBook }]) }
  }
  const restart = async (change?: Record<string, string>) => {
    await scene.world.service().stop()
    await scene.world.startService(change)
  }
  afterEach(() => restart())

  it('says where a new transfer’s stablecoins come from; one that is under way keeps to what it began with', async () => {
    const before = await supply()
    const id = await postThatClears()
    await scene.reaches(id, 'clearing')
    await restart(withFunding({ funding: {} }))
    await scene.cancel(id)
    await scene.endsAs(id, 'compensated')
    expect(await supply()).toBe(before)
    // The control: the treasury has no euros to lock.
    const { transfer } = await scene.endsAs(await post('10.00'), 'failed')
    expect(transfer.failure?.code).toBe('liquidity_insufficient')
  })

  it('is refused at start when the token cannot be minted into the escrow', async () => {
    const startsWith = async (change: Record<string, string>) => {
      await scene.world.service().stop()
      return scene.world.startService(change).then(
        () => 'started',
        () => 'refused',
      )
    }
    const notOurs = withFunding({ tokens: { EURC: scene.world.contracts.token } })
    expect(await startsWith(notOurs)).toBe('refused')
    expect(scene.world.logOf('service')).toMatch(/config_invalid.*ESCROW_ROLE/)
    const role = [keccak256(toHex('ESCROW_ROLE')), scene.world.contracts.escrow] as const
    await asAdmin('revokeRole', role)
    expect(await startsWith({})).toBe('refused')
    await asAdmin('grantRole', role)
    expect(await startsWith({})).toBe('started')
  })
})

it('keeps all laws, and proves them', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { ok, laws } = await proof()
  expect(laws.filter(law => !law.ok)).toEqual([])
  expect(ok).toBe(true)
  expect(laws.map(({ name }) => name)).toContain(`issued_equals_chain:${scene.world.chain}:EURC`)
})

it('sees what breaks them: a mint that belongs to no transfer', async () => {
  const treasury = scene.world.contracts.treasury
  const { timestamp } = await scene.node.getBlock()
  const terms = {
    ...{ ref: keccak256(toHex('a stranger')), token: scene.world.settlementToken, payer: scene.world.settlementToken },
    ...{ payee: customer, amount: 1n, refundAfter: timestamp + 3_600n, hardDeadline: timestamp + 7_200n, onExpiry: 0 },
  }
  const data = encodeFunctionData({
    abi: settlementTokenAbi,
    functionName: 'mintAndLock',
    args: [scene.world.contracts.escrow, terms],
  })
  await scene.sendAs(treasury.key, scene.world.settlementToken, data)
  await expect
    .poll(async () => (await proof()).laws.filter(({ ok }) => !ok).map(({ name }) => name), { timeout: 10_000 })
    .toEqual([`escrow_equals_chain:${scene.world.chain}:EURC`, `issued_equals_chain:${scene.world.chain}:EURC`])
  expect((await scene.lawsAtRest(0)).map(({ name }) => name)).toContain('issued tokens are the supply')
  expect(
    await scene.node.readContract({
      address: scene.world.contracts.escrow,
      abi: escrowAbi,
      functionName: 'totalLocked',
      args: [scene.world.settlementToken],
    }),
  ).toBe(1n)
})
