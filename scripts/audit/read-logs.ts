import { type Address, type Hash, type Hex, numberToHex, type PublicClient } from 'viem'
import { AuditFailure } from './failure.ts'

export type RawLog = {
  readonly address: Address
  readonly topics: readonly Hex[]
  readonly data: Hex
  readonly blockNumber: bigint
  readonly blockHash: Hash
  readonly txHash: Hash
  readonly logIndex: number
}

const firstSpan = 2_000n
const widestSpan = 50_000n
// Answers beyond this are slow to make and to parse.
const comfortable = 5_000

/** All logs of the contract in (from..to), in ranges that grow while answers are small and shrink when the node refuses them. */
export async function* readLogs(
  client: PublicClient,
  { escrow, from, to }: { escrow: Address; from: bigint; to: bigint },
  progress: (height: bigint, logs: number) => void,
): AsyncGenerator<readonly RawLog[]> {
  let span = firstSpan
  let total = 0
  for (let start = from; start <= to; ) {
    const end = start + span - 1n < to ? start + span - 1n : to
    const logs = await fetchRange(client, escrow, start, end)
    if (logs === undefined) {
      if (span === 1n) throw new AuditFailure('rpc_unavailable', `the node gives no logs of block ${start}`)
      span = span / 4n > 0n ? span / 4n : 1n
      continue
    }
    total += logs.length
    yield logs
    progress(end, total)
    start = end + 1n
    if (logs.length > comfortable && span > 1n) span /= 2n
    else if (logs.length < comfortable / 4 && span < widestSpan) span *= 2n
  }
}

type RpcLog = {
  address: Address
  topics: Hex[]
  data: Hex
  blockNumber: Hex
  blockHash: Hash
  transactionHash: Hash
  logIndex: Hex
}

/** `undefined` when the node refuses the range: too wide or too full, in words that every provider chooses himself. */
const fetchRange = async (client: PublicClient, escrow: Address, from: bigint, to: bigint): Promise<RawLog[] | undefined> => {
  try {
    const logs = (await client.request({
      method: 'eth_getLogs',
      params: [{ address: escrow, fromBlock: numberToHex(from), toBlock: numberToHex(to) }],
    })) as RpcLog[]
    return logs.map(log => ({
      address: log.address,
      topics: log.topics,
      data: log.data,
      blockNumber: BigInt(log.blockNumber),
      blockHash: log.blockHash,
      txHash: log.transactionHash,
      logIndex: Number(log.logIndex),
    }))
  } catch {
    return undefined
  }
}
