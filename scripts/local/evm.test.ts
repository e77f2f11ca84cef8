import { setTimeout as delay } from 'node:timers/promises'
import { createTestClient, type Hex, http, parseUnits, publicActions, walletActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import { compileContracts } from './compile.ts'
import { deployContracts } from './deploy-contracts.ts'
import { localChainId, startEvm } from './evm.ts'
import { evmAccount } from './evm-accounts.ts'
import { markFork } from './reorg.ts'
import { createWorkspace } from './workspace.ts'

// Here, and not in the first test that starts a chain: after a fresh checkout this takes longest.
beforeAll(compileContracts)

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const evm = async (blockMs: number) => {
  const workspace = createWorkspace()
  cleanups.push(workspace.remove)
  const node = await startEvm(workspace.folder, { blockMs })
  cleanups.push(node.stop)
  const client = createTestClient({ mode: 'hardhat', transport: http(node.url), cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions)
  const height = async () => Number(await client.getBlockNumber())
  const hashAt = async (number: number) => (await client.getBlock({ blockNumber: BigInt(number) })).hash
  const payTo = async (index: number) =>
    client.sendTransaction({
      account: privateKeyToAccount(evmAccount(5).key),
      chain: null,
      to: evmAccount(index).address,
      value: 1n,
    })
  return { ...node, client, height, hashAt, payTo }
}

const until = async (what: string, holds: () => Promise<boolean>) => {
  const deadline = Date.now() + 10_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await delay(20)
  }
}

describe('a chain that mines on demand', () => {
  test('is ready, has the chain id, and listens on loopback', async () => {
    const { client, url, chainId } = await evm(0)
    expect(new URL(url).hostname).toBe('127.0.0.1')
    expect(chainId).toBe(localChainId)
    expect(await client.getChainId()).toBe(localChainId)
  })

  test('keeps a transaction waiting until a block is asked for', async () => {
    const { client, height, payTo } = await evm(0)
    const hash = await payTo(6)
    await expect(client.getTransactionReceipt({ hash })).rejects.toMatchObject({ name: 'TransactionReceiptNotFoundError' })
    expect((await client.getTransaction({ hash })).blockNumber).toBeNull()
    expect(await height()).toBe(0)
    await client.mine({ blocks: 1 })
    expect((await client.getTransactionReceipt({ hash })).blockNumber).toBe(1n)
  })

  test('carries the contracts, with roles, float and approval, after one block', async () => {
    const { client, url, height } = await evm(0)
    const { escrow, token, startBlock, admin, treasury, operator } = await deployContracts(url)
    expect([startBlock, await height()]).toEqual([1, 1])
    const onEscrow = { abi: escrowAbi, address: escrow } as const
    const onToken = { abi: testDollarAbi, address: token } as const
    const role = (functionName: 'OPERATOR_ROLE' | 'GUARDIAN_ROLE') => client.readContract({ ...onEscrow, functionName })
    const has = async (name: 'OPERATOR_ROLE' | 'GUARDIAN_ROLE', account: Hex) =>
      client.readContract({ ...onEscrow, functionName: 'hasRole', args: [await role(name), account] })
    expect(await client.readContract({ ...onEscrow, functionName: 'defaultAdmin' })).toBe(admin.address)
    expect(await client.readContract({ ...onEscrow, functionName: 'tokenState', args: [token] })).toMatchObject({ allowed: true })
    expect(await has('OPERATOR_ROLE', operator.address)).toBe(true)
    expect(await has('GUARDIAN_ROLE', admin.address)).toBe(true)
    expect(await has('OPERATOR_ROLE', treasury.address)).toBe(false)
    const float = parseUnits('10000000', 6)
    expect(await client.readContract({ ...onToken, functionName: 'balanceOf', args: [treasury.address] })).toBe(float)
    expect(
      await client.readContract({ ...onToken, functionName: 'allowance', args: [treasury.address, escrow] }),
    ).toBeGreaterThanOrEqual(float)
  })

  test('a reorg puts other blocks at the same heights, and forgets what they held', async () => {
    const { client, url, height, hashAt, payTo } = await evm(0)
    await client.mine({ blocks: 2 })
    const fork = await markFork(url)
    const lost = await payTo(6)
    await client.mine({ blocks: 3, interval: 0 })
    const before = await Promise.all([1, 2, 3, 4, 5].map(hashAt))

    expect(await fork.reorg({ blocks: 4 })).toEqual({ orphaned: 3 })

    expect(await height()).toBe(6)
    const after = await Promise.all([1, 2, 3, 4, 5].map(hashAt))
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2))
    expect(fork).toMatchObject({ height: 2, hash: before[1] })
    expect(after.slice(2).filter(hash => before.includes(hash))).toEqual([])
    expect((await client.getBlock({ blockNumber: 3n })).parentHash).toBe(before[1])
    await expect(client.getTransactionReceipt({ hash: lost })).rejects.toMatchObject({ name: 'TransactionReceiptNotFoundError' })
    await expect(client.getTransaction({ hash: lost })).rejects.toMatchObject({ name: 'TransactionNotFoundError' })
  })

  test('two forks marked at one height give three different branches', async () => {
    const { client, url, hashAt } = await evm(0)
    const [outer, inner] = [await markFork(url), await markFork(url)]
    await client.mine({ blocks: 1, interval: 0 })
    const first = await hashAt(1)
    await inner.reorg()
    const second = await hashAt(1)
    await outer.reorg()
    expect(new Set([first, second, await hashAt(1)]).size).toBe(3)
  })
})

describe('a chain with a timer', () => {
  test('keeps making blocks when idle, with a clock that keeps to the wall', async () => {
    const { client, height } = await evm(20)
    await until('block 50', async () => (await height()) >= 50)
    const { timestamp } = await client.getBlock()
    expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(3)
  })

  test('takes the contracts, and goes on after a reorg', async () => {
    const { url, height, hashAt } = await evm(20)
    const { startBlock } = await deployContracts(url)
    const fork = await markFork(url)
    expect(fork.height).toBeGreaterThanOrEqual(startBlock)
    await until('blocks to orphan', async () => (await height()) >= fork.height + 3)
    const before = await Promise.all([fork.height, fork.height + 1, fork.height + 2].map(hashAt))
    await fork.reorg()
    const after = await Promise.all([fork.height, fork.height + 1, fork.height + 2].map(hashAt))
    expect(after[0]).toBe(before[0])
    expect([after[1], after[2]]).not.toContain(before[1])
    expect(after[2]).not.toBe(before[2])
    const resumed = await height()
    await until('more blocks', async () => (await height()) > resumed)
  })
})
