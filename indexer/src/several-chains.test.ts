import { afterEach, describe, expect, test } from 'vitest'
import { findAnvil, startAnvil } from '../../scripts/local/anvil.ts'
import { deployContracts } from '../../scripts/local/deploy-contracts.ts'
import { freshDatabase } from '../../test/support/database.ts'
import { onChain } from '../support/escrow-chain.ts'
import { openTables } from '../support/tables.ts'
import { until } from '../support/until.ts'
import type { ChainConfig } from './config.ts'
import { startIndexer } from './indexer.ts'

const anvil = findAnvil()
if (!anvil) console.warn('\n!!! anvil is not to be had: several chains at once are NOT tested in this run !!!\n')

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const startChain = async (chainId: number) => {
  const node = await startAnvil(anvil!, { chainId, timestamp: Math.floor(Date.now() / 1_000), slotsInAnEpoch: 1 })
  cleanups.push(node.stop)
  const deployment = await deployContracts(node.url)
  const config: ChainConfig = {
    ...{ kind: 'evm', id: `evm:${chainId}`, rpcUrls: [node.url], quorum: 1, escrow: deployment.escrow },
    ...{ startBlock: BigInt(deployment.startBlock), finalityDepth: 50, pollMs: 20, batchSize: 100, concurrency: 4 },
    ...{ rpcBatchSize: 100, rpcTimeoutMs: 5_000 },
  }
  return { ...onChain(node.url, deployment), url: node.url, config }
}

describe.skipIf(!anvil)('several chains at once', () => {
  test.each([
    ['in one process', (chains: ChainConfig[]) => [chains]],
    ['in a process each', (chains: ChainConfig[]) => chains.map(chain => [chain])],
  ])('%s: each with its own follower, and one that halts stops no other', async (_, processes) => {
    const [one, two] = await Promise.all([startChain(31_337), startChain(31_338)])
    const database = await freshDatabase()
    cleanups.push(database.drop)
    const tables = openTables(database.url)
    cleanups.push(tables.close)
    for (const chains of processes([one.config, two.config])) {
      const indexer = await startIndexer({ databaseUrl: database.url, host: '127.0.0.1', port: 0, chains }, () => {})
      cleanups.push(indexer.stop)
    }
    const headOf = async ({ config }: typeof one) =>
      (await tables.all('select * from chain_heads where chain = $1', [config.id]))[0]
    const caughtUp = async (chain: typeof one) => {
      const { hash } = await chain.tip()
      await until(
        'the cursor is at the tip',
        () => headOf(chain),
        head => head?.cursor_hash === hash,
      )
    }
    const locks = [await one.lock(1n), await two.lock(2n)]
    await Promise.all([one.mine(4), two.mine(4)])
    await Promise.all([caughtUp(one), caughtUp(two)])
    expect((await tables.inbox()).map(({ source, fact }) => `${source} ${fact}`).sort()).toEqual([
      `evm:31337 ${locks[0]!.hash}:0`,
      `evm:31338 ${locks[1]!.hash}:0`,
    ])
    const finalized = (await one.height()) - 2n
    await until(
      'final',
      () => headOf(one),
      head => BigInt(head.finalized_height) === finalized,
    )
    await one.client.request<{ Method: 'anvil_reorg'; Parameters: [number, []]; ReturnType: null }>({
      method: 'anvil_reorg',
      params: [4, []],
    })
    await until(
      'halted',
      () => headOf(one),
      head => head.halted_reason !== null,
    )
    await two.lock(3n)
    await two.mine()
    await caughtUp(two)
    expect((await headOf(two)).halted_reason).toBeNull()
  })
})
