import { randomUUID } from 'node:crypto'
import { parseUnits } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TransferView } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { depositInstructions, lockDeposit, signDeposit } from '../../scripts/local/depositor.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import type { EvmBridge } from '../../scripts/local/evm-bridge.ts'
import { type EvmParty, evmParty } from '../../scripts/local/evm-party.ts'
import { evmHands } from '../support/evm-hands.ts'
import { type RpcProxy, startRpcProxy } from '../support/rpc-proxy.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

// Dollars of one EVM chain for those of another. Contracts, treasury and customers have the same addresses on both, and both escrows of a
// transfer the same ref: only the chain tells them apart.

let scene: Scenario
let other: EvmBridge
/** Ada on both chains: she sells on the one, and is paid on the other. */
let ada: Record<Side, EvmParty>
let proxy: RpcProxy

type Side = 'first' | 'second'
const sides = ['first', 'second'] as const
const otherThan = { first: 'second', second: 'first' } as const

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({ blockMs: 150, secondEvm: true, env: { CAUSEWAY_INTENT_LEASE_MS: '1000' } })
  other = scene.world.secondEvm!
  ada = { first: evmParty(scene.world, evmAccount(5)), second: evmParty(other, evmAccount(5)) }
  for (const side of sides) await ada[side].fund(parseUnits('10000', 6))
  proxy = await startRpcProxy(other.evm.url)
})
afterAll(async () => {
  await scene?.stop()
  await proxy?.stop()
})

const chainOf = (side: Side) => ({ first: scene.world.chain, second: other.chain })[side]
/** A transfer of 100.25 of Ada's to the other chain, that waits for its deposit. */
const opened = async (from: Side): Promise<string> => {
  const leg = (side: Side) => ({ type: 'chain_address', chain: chainOf(side), address: ada[side].address })
  const { status, body } = await scene.api.call<TransferView>('POST', '/v1/transfers', {
    key: randomUUID(),
    body: {
      source: leg(from),
      destination: { ...leg(otherThan[from]), asset: 'USDC' },
      amount: { value: '100.25', asset: 'USDC' },
    },
  })
  expect(status, JSON.stringify(body)).toBe(202)
  await scene.reaches(body.id, 'awaitingDeposit')
  return body.id
}
const locks = async (id: string, from: Side) => lockDeposit(ada[from], await depositInstructions(scene.api, id, 'evm'))
const holdings = async () => ({ first: await ada.first.holds(), second: await ada.second.holds() })
const gains = async () => {
  const before = await holdings()
  return async () => {
    const after = await holdings()
    return { first: after.first - before.first, second: after.second - before.second }
  }
}
const unmoved = { first: 0n, second: 0n }
/** The fee is 0.35025. */
const delivered = (from: Side) => ({ [from]: -100_250_000n, [otherThan[from]]: 99_899_750n })

describe.each(sides)('a crosschain transfer from the %s EVM chain to the other', from => {
  it('is delivered, whether the customer locks or signs', async () => {
    for (const bring of [locks, (id: string) => signDeposit(scene.api, ada[from], id)]) {
      const gained = await gains()
      const id = await opened(from)
      await bring(id, from)
      const { types } = await scene.endsAs(id, 'completed')
      expect(types).toEqual(
        expect.arrayContaining([
          'depositFinalized',
          'commitFinalized',
          'lockFinalized',
          'escrowReleased',
          'depositReleaseFinalized',
        ]),
      )
      expect(await gained()).toEqual(delivered(from))
    }
  })

  it('goes back when it is canceled after the deposit', async () => {
    const gained = await gains()
    const id = await opened(from)
    await locks(id, from)
    const { types } = await scene.endsAs(id, 'compensated', async ({ type }) => {
      if (type === 'depositLocked') expect((await scene.cancel(id)).status).toBe(202)
    })
    expect(types).not.toContain('escrowReleased')
    expect(await gained()).toEqual(unmoved)
  })

  it('goes back when the hold on the other chain is refused', async () => {
    const there = evmHands({ first: other, second: scene.world }[from])
    await there.guardEscrow('pause')
    try {
      const gained = await gains()
      const id = await opened(from)
      await locks(id, from)
      const { transfer, types } = await scene.endsAs(id, 'compensated')
      expect(transfer.failure?.code).toBe('TokenIsPaused')
      expect(types).toEqual(expect.arrayContaining(['commitFinalized', 'lockRefused', 'depositRefundFinalized']))
      expect(await gained()).toEqual(unmoved)
    } finally {
      await there.guardEscrow('unpause')
    }
  })
})

describe('a cancellation while the hold on the other chain is under way', () => {
  it.each([
    ['', async () => {}],
    [', with a kill -9 after the wish', () => scene.killService()],
  ])('takes it back from there, and gives the deposit back here%s', async (_fault, strike) => {
    const { node } = evmHands(other)
    const gained = await gains()
    const id = await opened('first')
    await locks(id, 'first')
    await node.setIntervalMining({ interval: 0 })
    try {
      await scene.reaches(id, 'locking')
      expect((await scene.cancel(id)).status).toBe(202)
      await scene.has(id, 'cancelRequested')
      await strike()
    } finally {
      await node.setIntervalMining({ interval: 0.15 })
    }
    const { types } = await scene.endsAs(id, 'compensated')
    expect(types).toEqual(expect.arrayContaining(['escrowRefunded', 'depositRefundFinalized']))
    expect(types).not.toContain('escrowReleased')
    expect(await gained()).toEqual(unmoved)
  })
})

describe('a fault', () => {
  it('kill -9 of the service again and again delivers once', async () => {
    const gained = await gains()
    const id = await opened('first')
    const fatal = ['depositFinalized', 'escrowCommitted', 'lockFinalized', 'escrowReleased', 'releaseFinalized']
    await locks(id, 'first')
    const { types } = await scene.endsAs(id, 'completed', async ({ type }) => {
      if (fatal.includes(type)) await scene.killService()
    })
    expect(types).toEqual(expect.arrayContaining(fatal))
    expect(await gained()).toEqual(delivered('first'))
  })

  it('kill -9 of the indexer between the two chains’ news loses neither', async () => {
    const gained = await gains()
    const id = await opened('second')
    await locks(id, 'second')
    await scene.endsAs(id, 'completed', async ({ type }) => {
      if (['depositLocked', 'escrowLocked', 'escrowReleased'].includes(type)) await scene.killIndexer()
    })
    expect(await gained()).toEqual(delivered('second'))
  })

  it('an answer of the second chain’s node that is lost, each time that something is sent there', async () => {
    const [first, second] = JSON.parse(scene.world.env.CAUSEWAY_CHAINS!)
    await scene.world.service().stop()
    await scene.world.startService({
      CAUSEWAY_CHAINS: JSON.stringify([first, { ...second, rpcUrls: [proxy.url], stuckAfterMs: 1_000 }]),
    })
    let lost = 0
    proxy.fault = method => {
      if (method !== 'eth_sendRawTransaction') return undefined
      lost++
      return 'answerLost'
    }
    try {
      for (const from of sides) {
        const gained = await gains()
        const id = await opened(from)
        await locks(id, from)
        await scene.endsAs(id, 'completed')
        expect(await gained()).toEqual(delivered(from))
      }
      // Lock and release of the one, commit and release of the other.
      expect(lost).toBeGreaterThanOrEqual(4)
    } finally {
      proxy.fault = () => undefined
    }
  })
})

it('refuses a way from a chain to itself', async () => {
  const leg = (index: number) => ({ type: 'chain_address', chain: other.chain, address: evmAccount(index).address })
  const { status, body } = await scene.api.call<{ code: string }>('POST', '/v1/transfers', {
    key: randomUUID(),
    body: { source: leg(5), destination: { ...leg(6), asset: 'USDC' }, amount: { value: '10.00', asset: 'USDC' } },
  })
  expect([status, body.code]).toEqual([422, 'route_unsupported'])
})

it('breaks no law', async () => {
  expect(await scene.lawsAtRest()).toEqual([])
  const { body } = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(body.laws.filter(({ ok }) => !ok)).toEqual([])
})

it('sees what breaks them on the second chain: the treasury has what our books do not', async () => {
  await evmParty(other, other.contracts.treasury).fund(1n)
  expect((await scene.lawsAtRest(0)).map(({ name }) => name)).toEqual([`treasury tokens are in the ledger, on ${other.chain}`])
})
