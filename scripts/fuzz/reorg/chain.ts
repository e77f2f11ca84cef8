import { type Anvil, startAnvil } from '../../local/anvil.ts'
import { deployContracts } from '../../local/deploy-contracts.ts'
import { historyOf, type Seen } from './history.ts'
import type { Random } from './random.ts'
import { type Rpc, rpc } from './rpc.ts'
import { type Role, type Signed, transactionsOf } from './transactions.ts'
import { factsOf } from './truth.ts'

const startTime = 2_000_000_000

export type ForkingChain = Awaited<ReturnType<typeof startForkingChain>>

/** A real EVM whose history is a pure function of `random`, and a record of every block that was ever canonical on it. */
export const startForkingChain = async (
  anvilPath: string,
  random: Random,
  { chainId, slotsInAnEpoch }: { chainId: number; slotsInAnEpoch: number },
) => {
  const anvil: Anvil = await startAnvil(anvilPath, { chainId, timestamp: startTime, slotsInAnEpoch })
  const node: Rpc = rpc(anvil.url)
  await node.one('anvil_setBlockTimestampInterval', 1)
  const deployment = await deployContracts(anvil.url)
  const history = historyOf(node, () => deployment.escrow)
  const transactions = transactionsOf(deployment, random, startTime)

  let tip = await history.record(0, deployment.startBlock)
  let highest = tip.number
  const nonces: Record<Role, number> = { admin: 0, treasury: 0, operator: 0 }
  for (const role of ['admin', 'treasury', 'operator'] as const)
    nonces[role] = Number(await node.one('eth_getTransactionCount', deployment[role].address, 'latest'))
  /** Signed and not mined yet on this branch, in the order of nonces. */
  let waiting: Signed[] = []
  /** What the branch includes, by height. */
  const included = new Map<number, Signed[]>()

  const nextNonce = (sender: Role) => nonces[sender]++

  const openOnBranch = () => {
    const status = new Map<string, string>()
    for (const seen of history.pathFrom(tip.hash))
      for (const { kind, subject } of factsOf(seen).values())
        if (!status.has(subject) || kind !== 'escrowLocked') status.set(subject, kind)
    return (ref: string) => status.get(ref) === 'escrowLocked'
  }

  const write = async (count: number) => {
    const open = openOnBranch()
    for (let i = 0; i < count; i++) waiting.push(await transactions.next(open, nextNonce))
  }

  /** One block with up to `most` of the waiting transactions. */
  const mineOne = async (most: number) => {
    const chosen = waiting.splice(0, most)
    for (const { raw } of chosen) await node.one('eth_sendRawTransaction', raw)
    await node.one('evm_mine')
    const from = tip.number
    tip = await history.record(from + 1, from + 1)
    const count = (tip.block.transactions as unknown[]).length
    if (count !== chosen.length) throw new Error(`block ${tip.number} includes ${count} of ${chosen.length} transactions`)
    included.set(tip.number, chosen)
    highest = Math.max(highest, tip.number)
  }

  const mineEmpty = async (blocks: number) => {
    if (blocks === 0) return
    const from = tip.number
    await node.one('anvil_mine', `0x${blocks.toString(16)}`)
    tip = await history.record(from + 1, from + blocks)
    for (let height = from + 1; height <= tip.number; height++) included.set(height, [])
    highest = Math.max(highest, tip.number)
  }

  /** Longer runs are mostly empty, as mining each block by itself takes its time. */
  const grow = async (blocks: number) => {
    for (let mined = 0; mined < blocks; ) {
      if (waiting.length > 0 || random.chance(blocks > 8 ? 0.25 : 0.7)) {
        if (random.chance(0.8)) await write(random.between(1, 3))
        await mineOne(random.between(0, 4))
        mined += 1
      } else {
        const run = Math.min(blocks - mined, random.between(1, blocks > 8 ? 12 : 2))
        await mineEmpty(run)
        mined += run
      }
    }
  }

  /** What was included in the blocks that leave is mined again, dropped, or replaced by another transaction with the same nonce. */
  const decideFates = async (removed: readonly Signed[]) => {
    const open = openOnBranch()
    const left = [...removed, ...waiting]
    waiting = []
    for (const sender of ['admin', 'treasury', 'operator'] as const)
      nonces[sender] = Math.min(nonces[sender], ...left.filter(one => one.sender === sender).map(({ nonce }) => nonce))
    const dropAll = random.chance(0.1)
    for (const signed of left) {
      const fate = dropAll ? 'dropped' : random.pick(['again', 'again', 'again', 'dropped', 'replaced'] as const)
      if (fate === 'again' && signed.nonce === nonces[signed.sender]) {
        waiting.push(signed)
        nonces[signed.sender] += 1
      } else if (fate === 'replaced') waiting.push(await transactions.next(open, nextNonce))
    }
  }

  return {
    url: anvil.url,
    node,
    deployment,
    history,
    chainId,
    tip: () => tip,
    /** The greatest height that the chain ever had. */
    highest: () => highest,
    grow,
    /** Replaces the newest `depth` blocks by `blocks` others; returns the newest block that survives. */
    reorg: async (depth: number, blocks: number): Promise<Seen> => {
      const height = tip.number - depth
      const removed = Array.from({ length: depth }, (_, i) => included.get(height + 1 + i) ?? []).flat()
      await node.one('anvil_rollback', depth)
      // Branches with equal content would else be the very same blocks.
      await node.one('anvil_setCoinbase', random.hex(20))
      let ancestor = tip
      while (ancestor.number > height) ancestor = history.byHash.get(ancestor.parentHash)!
      tip = ancestor
      await decideFates(removed)
      if (blocks > 0) await grow(blocks)
      return ancestor
    },
    stop: anvil.stop,
  }
}
