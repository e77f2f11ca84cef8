import { getAddress, keccak256, toHex } from 'viem'
import type { Seen, WireLog } from './history.ts'

/** What the inbox must say of one fact while its block is canonical. */
export type Truth = { readonly kind: string; readonly subject: string; readonly payload: Readonly<Record<string, unknown>> }

const signature = (text: string) => keccak256(toHex(text))
const word = (log: WireLog, at: number) => BigInt(`0x${log.data.slice(2 + 64 * at, 66 + 64 * at)}`)
const address = (value: bigint) => getAddress(`0x${value.toString(16).padStart(40, '0')}`)

// Read off the interface of the contract by hand, word by word: the indexer's decoder must not judge itself.
const outcome = (party: string) => (log: WireLog) => ({
  [party]: address(word(log, 0)),
  amount: word(log, 1).toString(),
  sequence: word(log, 2).toString(),
})
const kinds: Readonly<Record<string, { kind: string; read: (log: WireLog) => Record<string, unknown> }>> = {
  [signature('Locked(bytes32,bytes32,address,address,address,uint256,uint64,uint64,uint8,uint40)')]: {
    kind: 'escrowLocked',
    read: log => ({
      ...{ payer: address(word(log, 0)), payee: address(word(log, 1)) },
      ...{ amount: word(log, 2).toString(), refundAfter: word(log, 3).toString(), sequence: word(log, 6).toString() },
    }),
  },
  [signature('Committed(bytes32,bytes32,address,uint40)')]: {
    kind: 'escrowCommitted',
    read: log => ({ sequence: word(log, 0).toString() }),
  },
  [signature('Released(bytes32,bytes32,address,address,uint256,uint40)')]: { kind: 'escrowReleased', read: outcome('payee') },
  [signature('Refunded(bytes32,bytes32,address,address,uint256,uint40)')]: { kind: 'escrowRefunded', read: outcome('payer') },
  [signature('Credited(bytes32,bytes32,address,address,uint256,uint40)')]: { kind: 'escrowCredited', read: outcome('owner') },
}

/** The facts of one block: `<tx hash>:<ordinal of the log among the escrow's logs of the transaction>` → what is true of it there. */
export const factsOf = ({ logs }: Pick<Seen, 'logs'>): Map<string, Truth> => {
  const counted = new Map<string, number>()
  const facts = new Map<string, Truth>()
  for (const log of logs) {
    const ordinal = counted.get(log.transactionHash) ?? 0
    counted.set(log.transactionHash, ordinal + 1)
    const known = kinds[log.topics[0]!]
    if (known === undefined) continue
    const [, escrowId, ref, token] = log.topics as readonly `0x${string}`[]
    facts.set(`${log.transactionHash}:${ordinal}`, {
      kind: known.kind,
      subject: ref!,
      payload: {
        ...{ status: 'included', escrowId, ref, token: address(BigInt(token!)), ...known.read(log) },
        ...{ txHash: log.transactionHash, blockNumber: BigInt(log.blockNumber).toString(), blockHash: log.blockHash },
        logIndex: Number(log.logIndex),
      },
    })
  }
  return facts
}
