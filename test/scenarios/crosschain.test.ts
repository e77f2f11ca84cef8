import { randomUUID } from 'node:crypto'
import { formatUnits, parseUnits } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TransferView } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { depositInstructions, leaveDeposit, lockDeposit, payDeposit, signDeposit } from '../../scripts/local/depositor.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { type EvmParty, evmParty } from '../../scripts/local/evm-party.ts'
import { freezeTreasury } from '../../scripts/local/freeze-treasury.ts'
import type { StellarBridge } from '../../scripts/local/stellar-bridge.ts'
import { type StellarParty, stellarParty } from '../../scripts/local/stellar-party.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// Stablecoins of one chain for those of another, on processes of their own: an escrow on the one side, a claimable balance on the other.

let scene: Scenario
let bridge: StellarBridge
let ada: EvmParty
let grace: StellarParty

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({ blockMs: 150, stellarCloseMs: 250, env: { CAUSEWAY_INTENT_LEASE_MS: '2000' } })
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
afterAll(() => scene?.stop())

type Way = {
  readonly from: 'evm' | 'stellar'
  readonly bring: (id: string) => Promise<void>
}
const lock: Way = { from: 'evm', bring: async id => lockDeposit(ada, await depositInstructions(scene.api, id, 'evm')) }
const gasless: Way = { from: 'evm', bring: id => signDeposit(scene.api, ada, id) }
const balance: Way = {
  from: 'stellar',
  bring: async id => leaveDeposit(grace, await depositInstructions(scene.api, id, 'stellar')),
}
const payment: Way = {
  from: 'stellar',
  bring: async id => payDeposit(grace, await depositInstructions(scene.api, id, 'stellar')),
}
const ways: readonly [string, Way][] = [
  ['EVM to Stellar, locked by the customer', lock],
  ['EVM to Stellar, locked by his signature without gas of his', gasless],
  ['Stellar to EVM, left in a claimable balance', balance],
  ['Stellar to EVM, paid with a memo', payment],
]

/** A transfer of 100.25 from Ada to Grace, or from Grace to Ada, that waits for its deposit. */
const opened = async (from: Way['from']): Promise<string> => {
  const legs = [
    { type: 'chain_address', chain: scene.world.chain, address: ada.address },
    { type: 'chain_address', chain: bridge.chain, address: grace.address },
  ]
  const [source, destination] = from === 'evm' ? legs : legs.toReversed()
  const { status, body } = await scene.api.call<TransferView>('POST', '/v1/transfers', {
    key: randomUUID(),
    body: { source, destination: { ...destination, asset: 'USDC' }, amount: { value: '100.25', asset: 'USDC' } },
  })
  expect(status, JSON.stringify(body)).toBe(202)
  await scene.reaches(body.id, 'awaitingDeposit')
  return body.id
}
const holdings = async () => ({
  evm: formatUnits(await ada.holds(), 6),
  stellar: formatUnits(BigInt((await grace.holds('USDC'))!.replace('.', '')), 7),
})
/** What both customers have gained, in minor units of six decimals. */
const gains = async () => {
  const before = await holdings()
  return async () => {
    const after = await holdings()
    const gain = (chain: Way['from']) => parseUnits(after[chain], 6) - parseUnits(before[chain], 6)
    return { evm: gain('evm'), stellar: gain('stellar') }
  }
}
const unmoved = { evm: 0n, stellar: 0n }

describe('a crosschain transfer', () => {
  it.each(ways)('%s, is delivered on the other chain', async (_what, { from, bring }) => {
    const gained = await gains()
    const id = await opened(from)
    await bring(id)
    const { types } = await scene.endsAs(id, 'completed')
    expect(types).toEqual(
      expect.arrayContaining(['depositFinalized', 'commitFinalized', 'escrowLocked', 'lockFinalized', 'escrowReleased']),
    )
    // The fee is 0.35025, which the six decimals of a stablecoin can tell.
    const to = from === 'evm' ? 'stellar' : 'evm'
    expect(await gained()).toEqual({ ...unmoved, [from]: -100_250_000n, [to]: 99_899_750n })
  })

  it.each(ways)('%s, goes back when it is canceled after the deposit', async (_what, { from, bring }) => {
    const gained = await gains()
    const id = await opened(from)
    await bring(id)
    let answer: number | undefined
    const { types } = await scene.endsAs(id, 'compensated', async ({ type }) => {
      if (type === 'depositLocked') answer = (await scene.cancel(id)).status
    })
    expect(answer).toBe(202)
    expect(types).toEqual(expect.arrayContaining(['cancelRequested', 'depositRefundFinalized']))
    expect(types).not.toContain('escrowReleased')
    expect(await gained()).toEqual(unmoved)
  })
})

describe('a hold that is refused', () => {
  it.each([ways[0]!, ways[1]!])('%s: the issuer has frozen our tokens on Stellar', async (_what, { from, bring }) => {
    await freezeTreasury(bridge, true)
    try {
      const gained = await gains()
      const id = await opened(from)
      await bring(id)
      const { transfer, types } = await scene.endsAs(id, 'compensated')
      expect(transfer.failure?.code).toBe('not_authorized')
      expect(types).toEqual(expect.arrayContaining(['commitFinalized', 'lockRefused', 'depositRefundFinalized']))
      expect(await gained()).toEqual(unmoved)
    } finally {
      await freezeTreasury(bridge, false)
    }
  })

  it.each([ways[2]!, ways[3]!])('%s: the escrow on the EVM chain is paused', async (_what, { from, bring }) => {
    await scene.guardEscrow('pause')
    try {
      const gained = await gains()
      const id = await opened(from)
      await bring(id)
      const { transfer, types } = await scene.endsAs(id, 'compensated')
      expect(transfer.failure?.code).toBe('TokenIsPaused')
      expect(types).toEqual(expect.arrayContaining(['commitFinalized', 'lockRefused', 'depositRefundFinalized']))
      expect(await gained()).toEqual(unmoved)
    } finally {
      await scene.guardEscrow('unpause')
    }
  })
})

describe('a deposit that never comes', () => {
  const expired = async (id: string) => {
    await scene.database.query(`update deadlines set due_at = now() where transfer_id = $1 and kind = 'deposit'`, [id])
    const { types } = await scene.endsAs(id, 'failed')
    expect(types.at(-1)).toBe('depositExpired')
  }

  it('on the EVM chain ends the transfer, and is given back when it comes after all', async () => {
    const gained = await gains()
    const id = await opened('evm')
    const instructions = await depositInstructions(scene.api, id, 'evm')
    await expired(id)
    await lockDeposit(ada, instructions)
    await scene.reaches(id, 'compensated')
    expect(await gained()).toEqual(unmoved)
  })

  it('on Stellar ends the transfer, and is given back when it is paid after all', async () => {
    const gained = await gains()
    const id = await opened('stellar')
    const instructions = await depositInstructions(scene.api, id, 'stellar')
    await expired(id)
    await payDeposit(grace, instructions)
    const stray = await until('the stray deposit to be returned', async () => {
      const { body } = await scene.api.call<{ data: { transferId: string; reason: string }[] }>(
        'GET',
        '/v1/deposits?state=returned',
      )
      return body.data.find(({ transferId }) => transferId === id)
    })
    expect(stray.reason).toBe('not_expected')
    expect(await gained()).toEqual(unmoved)
  })
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})
