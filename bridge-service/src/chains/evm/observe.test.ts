import type { Hex } from 'viem'
import { expect, it } from 'vitest'
import type { EvmContext } from './context.ts'
import { finding } from './find.ts'
import { observe } from './observe.ts'
import type { Receipt, Rpc } from './rpc.ts'
import type { EvmTx } from './tx-store.ts'

const hash: Hex = `0x${'aa'.repeat(32)}`
const [ours, theirs]: Hex[] = [`0x${'01'.repeat(32)}`, `0x${'02'.repeat(32)}`]
const sender: Hex = `0x${'44'.repeat(20)}`
const finalityDepth = 5

/** A node that shows a receipt of block 10, in which it once was; whether that block is still there is another question. */
const nodeOf = (blockAt10: Hex, succeeded: boolean): Rpc => {
  const receipt: Receipt = { hash, blockNumber: 10n, blockHash: ours!, succeeded }
  const answers: Pick<Rpc, 'head' | 'blockHash' | 'receipt' | 'transactionCount'> = {
    head: async () => 20n,
    blockHash: async () => blockAt10,
    receipt: async () => receipt,
    transactionCount: async () => 0,
  }
  return answers as Rpc
}

const included: EvmTx = {
  ...{ key: 'k', action: 'refund', sender, nonce: 0, to: sender, data: '0x', gasLimit: 1n, status: 'included', final: false },
  inclusion: { hash, blockNumber: 10n, blockHash: ours! },
  versions: [{ version: 0, hash, fees: { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n }, signedAtMs: 0, signedHead: 9n }],
}

it.each([
  ['makes final what stands deep enough', ours!, [true]],
  ['makes nothing final by a receipt of a block that has left the chain', theirs!, []],
])('%s', async (_what, blockAt10, finals) => {
  const seen = await observe(nodeOf(blockAt10, true), sender, [included], { head: 20n, count: 0 }, finalityDepth)
  expect(seen.map(({ final }) => final)).toEqual(finals)
})

it.each([
  ['says reverted of what has reverted deep enough', ours!, 'refused'],
  ['does not say so of a block that has left the chain: it may go through in another', theirs!, 'unknown'],
])('%s', async (_what, blockAt10, kind) => {
  const context = { rpc: nodeOf(blockAt10, false), settings: { finalityDepth }, store: { byKey: async () => included } }
  const find = finding(context as unknown as EvmContext)
  expect((await find('k')).kind).toBe(kind)
})
