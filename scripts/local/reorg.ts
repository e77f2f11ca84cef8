import { randomBytes } from 'node:crypto'
import { bytesToHex, createTestClient, type Hex, http, publicActions } from 'viem'

export type Fork = {
  /** The last block that survives. */
  readonly height: number
  readonly hash: Hex
  /**
   * Replaces every block above `height` by `blocks` others (default: one more than there were). What was included there is gone, from the
   * mempool too, until someone sends it again. Returns how many blocks were orphaned. Works once; mark twice to fork twice.
   */
  readonly reorg: (options?: { blocks?: number }) => Promise<{ orphaned: number }>
}

/** Remembers the tip of a local Hardhat chain as a place to fork from. A reorg forgets the forks that were marked after this one. */
export const markFork = async (url: string): Promise<Fork> => {
  const client = createTestClient({ mode: 'hardhat', transport: http(url), cacheTime: 0 }).extend(publicActions)

  // Two branches with equal content in the same second would be the very same blocks. A random prevRandao sets the next block apart
  // without a transaction or a jump in time, and its descendants with it.
  const diverge = () =>
    client.request<{ Method: 'hardhat_setPrevRandao'; Parameters: [Hex]; ReturnType: boolean }>({
      method: 'hardhat_setPrevRandao',
      params: [bytesToHex(randomBytes(32))],
    })
  const hashAt = async (height: number) => (await client.getBlock({ blockNumber: BigInt(height) })).hash
  const tip = async () => Number(await client.getBlockNumber())

  // The timer may mine between two calls: the snapshot is at `height` only if the tip was the same before and after.
  let height = await tip()
  let id = await client.snapshot()
  for (let after = await tip(); after !== height; after = await tip()) {
    height = after
    id = await client.snapshot()
  }
  const hash = await hashAt(height)
  // Now already, and again below: so that the branches differ even if the timer is quicker than one of the two calls.
  await diverge()

  const reorg = async ({ blocks }: { blocks?: number } = {}) => {
    const orphaned = (await tip()) - height
    const before = orphaned > 0 ? await hashAt(height + 1) : undefined
    await client.revert({ id })
    await diverge()
    // One call per block: Hardhat links eight or more of one call to parents that it does not serve.
    for (let mined = 0; mined < (blocks ?? orphaned + 1); mined++) await client.mine({ blocks: 1, interval: 0 })
    if ((await hashAt(height)) !== hash || (await hashAt(height + 1)) === before) throw new Error(`no fork above block ${height}`)
    return { orphaned }
  }
  return { height, hash, reorg }
}
