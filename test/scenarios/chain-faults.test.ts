import { encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { markFork } from '../../scripts/local/reorg.ts'
import { type RpcProxy, startRpcProxy } from '../support/rpc-proxy.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// Whatever the chain does, and whatever its node does not say. Blocks come when the test says so, one by one.

let scene: Scenario
let proxy: RpcProxy

beforeAll(async () => {
  await compileContracts()
  // Deeper than any reorg here, so that what is orphaned was never paid on.
  scene = await startScenario({
    blockMs: 0,
    confirmations: 8,
    bank: { settlementDelays: { ach: 50, wire: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
  proxy = await startRpcProxy(scene.world.evm.url)
  const [chain] = JSON.parse(scene.world.env.CAUSEWAY_CHAINS!)
  await scene.world.service().stop()
  await scene.world.startService({
    CAUSEWAY_CHAINS: JSON.stringify([{ ...chain, rpcUrls: [proxy.url], stuckAfterMs: 1_000 }]),
  })
})
afterAll(async () => {
  await scene?.stop()
  await proxy?.stop()
})

/** One call per block: Hardhat links many blocks of one call to parents that it does not serve. */
const mine = async (blocks = 1) => {
  for (let mined = 0; mined < blocks; mined++) await scene.node.mine({ blocks: 1, interval: 0 })
}
const pending = async () => (await scene.node.getBlock({ blockTag: 'pending', includeTransactions: true })).transactions
const sent = () => until('a chain transaction of ours', async () => (await pending()).length > 0)
const stateOf = async (id: string) => (await scene.api.transfer(id)).state

/** Mines until the transfer is in the state, or further. */
const mineUntil = (id: string, ...states: string[]) =>
  until(
    `${id} to be ${states.join(' or ')}`,
    async () => {
      if (states.includes(await stateOf(id))) return true
      await mine()
      return false
    },
    40_000,
  )
const completes = async (id: string) => {
  await mineUntil(id, 'completed')
  const { types } = await scene.endsAs(id, 'completed')
  expect(await effectsOf(id)).toEqual(['debit settled'])
  return types
}
const compensates = async (id: string) => {
  await mineUntil(id, 'compensated')
  const { types } = await scene.endsAs(id, 'compensated')
  expect(await effectsOf(id)).toEqual(['credit settled', 'debit settled'])
  return types
}
const effectsOf = async (id: string) =>
  (await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort()
const count = (types: readonly string[], type: string) => types.filter(each => each === type).length

/** What the admin does on chain is mined while we wait for it. */
const mined = async (act: Promise<void>) => {
  let over = false
  const acting = act.finally(() => {
    over = true
  })
  const mining = until('the call to be mined', async () => {
    await mine()
    return over
  })
  await Promise.all([acting, mining])
}

/** Up to where its lock, release or refund waits for a block. */
const upTo = {
  lock: async () => {
    const id = await scene.post({ rail: 'wire' })
    await sent()
    return id
  },
  release: async () => {
    const id = await upTo.lock()
    await mineUntil(id, 'releasing')
    await sent()
    return id
  },
  refund: async () => {
    const id = await scene.post({ value: '600.00' })
    await mineUntil(id, 'clearing')
    expect((await scene.cancel(id)).status).toBe(202)
    await scene.reaches(id, 'refunding')
    await sent()
    return id
  },
}

describe('a reorg', () => {
  const kinds = [
    ['lock', 'locked', 'lockOrphaned', 'escrowLocked', completes],
    ['release', 'released', 'releaseOrphaned', 'escrowReleased', completes],
    ['refund', 'refunded', 'refundOrphaned', 'escrowRefunded', compensates],
  ] as const
  const cases = kinds.flatMap(kind => [1, 2, 3, 4, 5, 6].map(depth => [depth, ...kind] as const))

  it.each(cases)(
    'of depth %i takes a %s: it was %s, then %s, and in the end %s again',
    async (depth, kind, state, orphaned, event, ends) => {
      const id = await upTo[kind]()
      const fork = await markFork(scene.world.evm.url)
      await mine(1)
      await mine(depth - 1)
      await scene.reaches(id, state)
      expect(await fork.reorg()).toEqual({ orphaned: depth })
      await scene.has(id, orphaned)
      const types = await ends(id)
      expect(count(types, orphaned)).toBe(1)
      expect(count(types, event)).toBe(2)
    },
  )

  it('mines a release again in another block while the indexer looks away', async () => {
    const id = await upTo.release()
    const raws = proxy.broadcasts.slice()
    const fork = await markFork(scene.world.evm.url)
    await mine()
    await scene.reaches(id, 'released')
    const { releaseTx } = (await scene.api.transfer(id)).escrow
    await scene.world.indexer().kill('SIGKILL')
    await fork.reorg({ blocks: 2 })
    // Whoever has the bytes may send them again; most of them are mined already.
    for (const raw of new Set(raws)) await scene.node.sendRawTransaction({ serializedTransaction: raw as Hex }).catch(() => {})
    await mine(2)
    await scene.node.getTransactionReceipt({ hash: releaseTx as Hex })
    await scene.world.startIndexer()
    const types = await completes(id)
    expect(count(types, 'escrowReleased')).toBe(2)
    expect(count(types, 'releaseOrphaned')).toBe(1)
  })
})

describe('the escrow or the token', () => {
  it.each([
    ['the escrow is paused', () => scene.guardEscrow('pause'), () => scene.guardEscrow('unpause'), 'TokenIsPaused'],
    ['the token is paused', () => scene.guardToken('pause'), () => scene.guardToken('unpause'), 'EnforcedPause'],
    [
      'the customer is denied',
      () => scene.deny(evmAccount(5).address, true),
      () => scene.deny(evmAccount(5).address, false),
      'DeniedAccount',
    ],
  ])('%s before the release: it waits, and goes on afterwards', async (_what, forbid, allow, code) => {
    const id = await scene.post({ rail: 'wire', to: evmAccount(5).address })
    await sent()
    await mineUntil(id, 'locked')
    await mined(forbid())
    await mineUntil(id, 'releasing')
    const refused = await scene.has(id, 'releaseRefused')
    expect(refused.payload).toMatchObject({ code })
    expect((await scene.cancel(id)).body.code).toBe('transfer_not_cancelable')
    await mined(allow())
    const types = await completes(id)
    expect(types).toContain('releaseRetried')
  })

  it('the escrow is paused when the release is on its way: it reverts, and is wished again once that is final', async () => {
    const id = await upTo.release()
    const waiting = (await pending()).length
    const pausing = scene.guardEscrow('pause')
    await until('the pause beside it, which pays more', async () => (await pending()).length > waiting)
    await mine(20)
    await pausing
    await scene.has(id, 'releaseRefused')
    await mined(scene.guardEscrow('unpause'))
    const types = await completes(id)
    expect(count(types, 'escrowReleased')).toBe(1)
  })

  it.each([
    ['the escrow is paused', () => scene.guardEscrow('pause'), () => scene.guardEscrow('unpause'), 'TokenIsPaused'],
    ['the token is paused', () => scene.guardToken('pause'), () => scene.guardToken('unpause'), 'EnforcedPause'],
    [
      'the treasury is denied',
      () => scene.deny(scene.world.contracts.treasury.address, true),
      () => scene.deny(scene.world.contracts.treasury.address, false),
      'DeniedAccount',
    ],
  ])('%s before the lock: the dollars come back', async (_what, forbid, allow, code) => {
    await mined(forbid())
    try {
      const id = await scene.post({ rail: 'wire' })
      const types = await compensates(id)
      expect(types).not.toContain('escrowLocked')
      expect((await scene.api.transfer(id)).failure?.code).toBe(code)
    } finally {
      await mined(allow())
    }
  })

  it('the customer is denied before the lock: locked all the same, and released when he no longer is', async () => {
    await mined(scene.deny(evmAccount(5).address, true))
    const id = await scene.post({ rail: 'wire', to: evmAccount(5).address })
    await mineUntil(id, 'releasing')
    await scene.has(id, 'releaseRefused')
    await mined(scene.deny(evmAccount(5).address, false))
    await completes(id)
  })
})

it('fees rise above what was signed: the lock is replaced at its nonce, and locks once', async () => {
  const id = await upTo.lock()
  const spike = async () => {
    await scene.node.setNextBlockBaseFeePerGas({ baseFeePerGas: 150_000_000_000n })
    await mine()
    return (await stateOf(id)) === 'locked'
  }
  await until('the replacement to be mined', spike)
  const { rows } = await scene.database.query(
    `select count(*)::int as versions, count(distinct t.nonce)::int as nonces
       from evm_tx_versions v join evm_txs t using (intent_key) join intents i on i.key = t.intent_key
      where i.transfer_id = $1 and t.action = 'lock'`,
    [id],
  )
  expect(rows[0].versions).toBeGreaterThan(1)
  expect(rows[0].nonces).toBe(1)
  await completes(id)
  await scene.node.setNextBlockBaseFeePerGas({ baseFeePerGas: 1_000_000_000n })
  await mine()
})

describe('the node', () => {
  /** Says nothing to as many requests; resolves when it has been asked so often. */
  const silence = (requests: number, method?: string, fault: 'requestLost' | 'answerLost' = 'requestLost') => {
    const asked = Promise.withResolvers<void>()
    let left = requests
    proxy.fault = name => {
      if (left === 0 || (method !== undefined && name !== method)) return undefined
      left--
      if (left === 0) asked.resolve()
      return fault
    }
    return asked.promise
  }

  it('is silent for a while when the lock is due', async () => {
    const silent = silence(20)
    const id = await scene.post({ rail: 'wire' })
    await silent
    await completes(id)
  })

  it('is silent for a while when the release is due', async () => {
    const id = await upTo.lock()
    await mineUntil(id, 'locked')
    const silent = silence(20)
    await mineUntil(id, 'releasing')
    await silent
    await completes(id)
  })

  it.each(['requestLost', 'answerLost'] as const)('loses every first broadcast (%s)', async fault => {
    const silent = silence(1, 'eth_sendRawTransaction', fault)
    const id = await upTo.lock()
    await silent
    await mineUntil(id, 'locked')
    const again = silence(1, 'eth_sendRawTransaction', fault)
    await mineUntil(id, 'releasing')
    await again
    const types = await completes(id)
    expect(count(types, 'escrowLocked')).toBe(1)
  })
})

describe('anyone', () => {
  /** A stranger uses his right, with what the lock's own event tells him. */
  const expire = async (id: string) => {
    const ref = (await scene.api.transfer(id)).escrow.ref as Hex
    const [locked] = await scene.node.getContractEvents({
      ...{ address: scene.world.contracts.escrow, abi: escrowAbi, eventName: 'Locked', args: { ref } },
      fromBlock: 0n,
      strict: true,
    })
    const { id: _id, ...terms } = locked!.args
    const data = encodeFunctionData({ abi: escrowAbi, functionName: 'expire', args: [terms] })
    await mined(scene.sendAs(evmAccount(9).key, scene.world.contracts.escrow, data))
  }

  // Last of all: the chain's clock cannot be set back, and what is locked later would be late from the start.
  it('expires escrows that are late, while we wait for clearing and while we are about to release: both are paid back', async () => {
    const clearing = await scene.post({ value: '600.00' })
    await mineUntil(clearing, 'clearing')
    const releasing = await scene.post({ rail: 'wire' })
    await mineUntil(releasing, 'locked')
    await mined(scene.guardEscrow('pause'))
    await mineUntil(releasing, 'releasing')
    await scene.has(releasing, 'releaseRefused')
    // An ACH debit of that size clears for three days, and the soft deadline counts from there.
    await scene.node.increaseTime({ seconds: 4 * 86_400 })
    await mine()
    await expire(releasing)
    await expire(clearing)
    await mined(scene.guardEscrow('unpause'))
    for (const id of [releasing, clearing]) expect(await compensates(id)).not.toContain('escrowReleased')
  })
})

it('keeps all laws', async () => {
  await mine(20)
  expect(await scene.lawsAtRest()).toEqual([])
})
