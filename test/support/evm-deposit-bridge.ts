import { type DepositBridge, startDepositBridge } from './deposit-bridge.ts'
import { startEvmWorld } from './evm-world.ts'

/** A bridge for deposits over a fresh EVM chain, whose reorgs are no deeper than `finalityDepth`. */
export const startEvmDepositBridge = async (finalityDepth: number) => {
  const world = await startEvmWorld()
  const scene = await world.open()
  const chain = scene.adapter({ finalityDepth })
  const { nodeUrl, databaseUrl, deployment, pool } = scene
  const bridge: DepositBridge = await startDepositBridge({
    ...{ databaseUrl, pool, chain },
    turn: () => scene.mine(),
    indexed: {
      ...{ kind: 'evm', id: 'evm:31337', rpcUrls: [nodeUrl], quorum: 1, escrow: deployment.escrow, startBlock: 1n },
      ...{ finalityDepth, pollMs: 20, batchSize: 100, concurrency: 4, rpcBatchSize: 50, rpcTimeoutMs: 5_000 },
    },
  })
  return {
    ...{ scene, chain, bridge },
    stop: async () => {
      await bridge.stop()
      await scene.close()
      await world.stop()
    },
  }
}
