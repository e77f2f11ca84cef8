import hre from 'hardhat'
import { compileContracts } from './compile.ts'

// A Hardhat node as a process of its own: JSON-RPC over HTTP on loopback.
const [port, blockMs, chainId] = process.argv.slice(2).map(Number)
if (port === undefined || blockMs === undefined || chainId === undefined)
  throw new Error('usage: evm-process.ts PORT BLOCK_MS CHAIN_ID (BLOCK_MS 0: blocks only on demand)')

await compileContracts()
const server = await hre.network.createServer(
  {
    network: 'default',
    override: {
      chainId,
      mining: { auto: false, interval: blockMs },
      // Blocks come faster than once a second: else the chain's clock would run away from the wall's, and deadlines with it.
      allowBlocksWithSameTimestamp: true,
      // As on a real node, a transaction that will revert is accepted like any other; only its receipt tells.
      throwOnTransactionFailures: false,
    },
  },
  '127.0.0.1',
  port,
)
const { port: bound } = await server.listen()

const stop = async () => {
  await server.close()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
process.send?.({ ready: true, url: `http://127.0.0.1:${bound}` })
