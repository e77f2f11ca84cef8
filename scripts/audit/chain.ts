import { type Address, createPublicClient, type Hex, http, numberToHex, type PublicClient } from 'viem'
import { AuditFailure } from './failure.ts'

export type PinnedBlock = {
  readonly number: bigint
  readonly hash: Hex
  /** Unix seconds. */
  readonly timestamp: bigint
  /** How it was chosen: `finalized` and `given` by name; `latest` where the node knows no finality. */
  readonly by: 'finalized' | 'given' | 'latest'
}

/** A node, asked in batches, with retries: an audit is long, and a hiccup is no finding. */
export const auditClient = (url: string): PublicClient =>
  createPublicClient({
    transport: http(url, { batch: { batchSize: 100, wait: 2 }, retryCount: 5, retryDelay: 200 }),
    cacheTime: 0,
  })

/** Throws `rpc_unavailable`, with what was wanted. */
export const asked = async <T>(what: string, answer: Promise<T>): Promise<T> => {
  try {
    return await answer
  } catch (cause) {
    throw new AuditFailure('rpc_unavailable', `${what}: ${(cause as { shortMessage?: string }).shortMessage ?? cause}`, { cause })
  }
}

/** The block that everything is compared at. Nothing above it is read, so what happens meanwhile cannot disturb. */
export const pinBlock = async (client: PublicClient, given?: bigint): Promise<PinnedBlock> => {
  const head = await asked('the newest block', client.getBlock())
  if (given !== undefined) {
    if (given > head.number) throw new AuditFailure('block_unavailable', `the chain ends at ${head.number}`)
    const block = await asked(`block ${given}`, client.getBlock({ blockNumber: given }))
    return { number: given, hash: block.hash, timestamp: block.timestamp, by: 'given' }
  }
  const finalized = await client.getBlock({ blockTag: 'finalized' }).catch(() => head)
  return {
    ...{ number: finalized.number, hash: finalized.hash, timestamp: finalized.timestamp },
    // Development nodes answer the tag with their head.
    by: finalized.hash === head.hash ? 'latest' : 'finalized',
  }
}

/** The block in which the contract appeared, by bisection; 0 where the node has no old state to ask. */
export const deploymentBlock = async (client: PublicClient, escrow: Address, until: bigint): Promise<bigint> => {
  const exists = async (height: bigint) =>
    (await client.request({ method: 'eth_getCode', params: [escrow, numberToHex(height)] })) !== '0x'
  if (!(await asked('the code of the contract', exists(until))))
    throw new AuditFailure('not_an_escrow', `${escrow} has no code at block ${until}`)
  let [without, within] = [-1n, until]
  try {
    while (within - without > 1n) {
      const middle = (within + without) / 2n
      if (await exists(middle)) within = middle
      else without = middle
    }
    return within
  } catch {
    return 0n
  }
}
