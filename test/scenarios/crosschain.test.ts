import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TransferView } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { lockDeposit, payDeposit } from '../../scripts/local/depositor.ts'
import { freezeTreasury } from '../../scripts/local/freeze-treasury.ts'
import type { StellarBridge } from '../../scripts/local/stellar-bridge.ts'
import { type Depositors, type Family, startDepositors } from '../support/depositors.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { stellarHands } from '../support/stellar-hands.ts'
import { until } from '../support/until.ts'

// Stablecoins of one chain for those of another, on processes of their own: an escrow on the one side, a claimable balance on the other.

let scene: Scenario
let bridge: StellarBridge
let customers: Depositors

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({ blockMs: 150, stellarCloseMs: 250, env: { CAUSEWAY_INTENT_LEASE_MS: '2000' } })
  bridge = scene.world.stellar!
  customers = await startDepositors(scene)
})
afterAll(() => scene?.stop())

type Way = readonly [what: string, from: Family, how: keyof Depositors['bring']]
const fromEvm: readonly Way[] = [
  ['EVM to Stellar, locked by the customer', 'evm', 'locked'],
  ['EVM to Stellar, locked by his signature without gas of his', 'evm', 'signed'],
]
const fromStellar: readonly Way[] = [
  ['Stellar to EVM, left in a claimable balance', 'stellar', 'left'],
  ['Stellar to EVM, paid with a memo', 'stellar', 'paid'],
]
const ways = [...fromEvm, ...fromStellar]
const otherThan = { evm: 'stellar', stellar: 'evm' } as const

/** A transfer of 100.25 from Ada to Grace, or from Grace to Ada, that waits for its deposit. */
const opened = async (from: Family, leg: keyof Depositors['legs'] = from): Promise<string> => {
  const { legs } = customers
  const { status, body } = await scene.api.call<TransferView>('POST', '/v1/transfers', {
    key: randomUUID(),
    body: {
      source: legs[leg],
      destination: { ...legs[otherThan[from]], asset: 'USDC' },
      amount: { value: '100.25', asset: 'USDC' },
    },
  })
  expect(status, JSON.stringify(body)).toBe(202)
  await scene.reaches(body.id, 'awaitingDeposit')
  return body.id
}
/** What both customers have gained since, in units of seven decimals. */
const gains = async () => {
  const before = await customers.holdings()
  return async () => {
    const after = await customers.holdings()
    return { evm: after.evm - before.evm, stellar: after.stellar - before.stellar }
  }
}
const unmoved = { evm: 0n, stellar: 0n }
/** The fee is 0.35025, which the six decimals of a stablecoin can tell. */
const delivered = (from: Family) => ({ [from]: -1_002_500_000n, [otherThan[from]]: 998_997_500n })

describe('a crosschain transfer', () => {
  it.each(ways)('%s, is delivered on the other chain', async (_what, from, how) => {
    const gained = await gains()
    const id = await opened(from)
    await customers.bring[how](id)
    const { types } = await scene.endsAs(id, 'completed')
    expect(types).toEqual(
      expect.arrayContaining(['depositFinalized', 'commitFinalized', 'escrowLocked', 'lockFinalized', 'escrowReleased']),
    )
    expect(await gained()).toEqual(delivered(from))
  })

  it('EVM to Stellar, transferred to an address of its own, is delivered on the other chain', async () => {
    const gained = await gains()
    const id = await opened('evm', 'transfer')
    await customers.bring.transferred(id)
    await scene.endsAs(id, 'completed')
    expect(await gained()).toEqual({ evm: -1_002_500_000n, stellar: 998_997_500n })
  })

  it.each(ways)('%s, goes back when it is canceled after the deposit', async (_what, from, how) => {
    const gained = await gains()
    const id = await opened(from)
    await customers.bring[how](id)
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
  it.each(fromEvm)('%s: the issuer has frozen our tokens on Stellar', async (_what, from, how) => {
    await freezeTreasury(bridge, true)
    try {
      const gained = await gains()
      const id = await opened(from)
      await customers.bring[how](id)
      const { transfer, types } = await scene.endsAs(id, 'compensated')
      expect(transfer.failure?.code).toBe('not_authorized')
      expect(types).toEqual(expect.arrayContaining(['commitFinalized', 'lockRefused', 'depositRefundFinalized']))
      expect(await gained()).toEqual(unmoved)
    } finally {
      await freezeTreasury(bridge, false)
    }
  })

  it.each(fromStellar)('%s: the escrow on the EVM chain is paused', async (_what, from, how) => {
    await scene.guardEscrow('pause')
    try {
      const gained = await gains()
      const id = await opened(from)
      await customers.bring[how](id)
      const { transfer, types } = await scene.endsAs(id, 'compensated')
      expect(transfer.failure?.code).toBe('TokenIsPaused')
      expect(types).toEqual(expect.arrayContaining(['commitFinalized', 'lockRefused', 'depositRefundFinalized']))
      expect(await gained()).toEqual(unmoved)
    } finally {
      await scene.guardEscrow('unpause')
    }
  })
})

describe('a fault', () => {
  it.each([...fromEvm.slice(0, 1), ...fromStellar])('%s: kill -9 in the middle delivers once', async (_what, from, how) => {
    const gained = await gains()
    const id = await opened(from)
    await customers.bring[how](id)
    const { types } = await scene.endsAs(id, 'completed', async ({ type }) => {
      if (type === 'commitFinalized' || type === 'escrowReleased') await scene.killService()
      if (type === 'escrowLocked') await scene.killIndexer()
    })
    expect(types).toEqual(expect.arrayContaining(['commitFinalized', 'escrowLocked', 'escrowReleased']))
    expect(await gained()).toEqual(delivered(from))
  })

  it.each(ways)('%s: lost answers of Horizon deliver once', async (_what, from, how) => {
    const network = stellarHands(bridge)
    try {
      const gained = await gains()
      const id = await opened(from)
      await customers.bring[how](id)
      const struck = await network.arm({ kind: 'timeout_after', times: 2 })
      await scene.endsAs(id, 'completed')
      // To hold and release, or to claim; what is paid with a memo is ours without a transaction of ours on Stellar.
      expect(await struck()).toBe(from === 'evm' ? 2 : how === 'left' ? 1 : 0)
      expect(await gained()).toEqual(delivered(from))
    } finally {
      await network.disarm()
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
    const instructions = await customers.onEvm(id)
    await expired(id)
    await lockDeposit(customers.ada, instructions)
    await scene.reaches(id, 'compensated')
    expect(await gained()).toEqual(unmoved)
  })

  it('on Stellar ends the transfer, and is given back when it is paid after all', async () => {
    const gained = await gains()
    const id = await opened('stellar')
    const instructions = await customers.onStellar(id)
    await expired(id)
    await payDeposit(customers.grace, instructions)
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

it('sees what breaks them: ends that are not those of the chains', async () => {
  await scene.database.query(
    `update transfers set state = case state when 'completed' then 'compensated' else 'completed' end where state in ('completed', 'compensated')`,
  )
  const broken = (await scene.lawsAtRest(0)).map(({ name }) => name)
  expect(broken).toEqual(
    expect.arrayContaining([
      'one escrow per transfer and chain',
      'a Stellar hold ends once',
      'a Stellar deposit is kept or given back',
    ]),
  )
})
