import { type Hex, keccak256, TimeoutError } from 'viem'
import { lockedTermsOf } from '../../chain/at-address.ts'
import type { PooledTx, SimChain } from '../../chain/chain.ts'
import { escrowIdOf } from '../../chain/ids.ts'
import type { Sent } from '../../chain/line.ts'
import type { Faults } from '../../faults.ts'
import { readCall } from './contract.ts'
import { readSigned, type SignedCall } from './keys.ts'
import { rpcError } from './rpc-error.ts'

export type Mempool = {
  /** Of raw bytes: gives their hash, or throws what a node says. */
  readonly take: (raw: Hex) => Hex
  readonly sent: readonly Sent[]
}

/** The way of signed bytes into the pool that miners look at, with the rules by which nodes refuse some and the ways in which they lose others. */
export const openMempool = (
  nowMs: () => number,
  faults: Faults,
  chain: SimChain,
  transferOf: (ref: string) => string | undefined,
): Mempool => {
  const sent: Sent[] = []
  const read = new Map<Hex, { readonly call: SignedCall; readonly tx: PooledTx }>()
  /** The last one that was taken of each number. */
  const newest = new Map<string, PooledTx>()

  const readOnce = (raw: Hex) => {
    const known = read.get(raw)
    if (known !== undefined) return known
    const call = readSigned(raw)
    const { sender, nonce, to, data, maxFeeWei, tipWei } = call
    const hash = keccak256(raw)
    const order = readCall(to, data)
    if (order.kind !== 'order' && order.kind !== 'atAddress') throw new Error('nobody of ours sends tokens by himself')
    const { action, terms } = order
    const escrowId = escrowIdOf(order.kind === 'atAddress' ? lockedTermsOf(terms) : terms)
    const tx: PooledTx = {
      ...{ hash, action, terms, escrowId, sender: 'bridge', about: transferOf(terms.ref) ?? terms.ref },
      ...(order.kind === 'atAddress' ? { token: order.token } : {}),
      ...{ nonceOf: `${sender} ${nonce}`, sinceMs: nowMs(), lane: { sender, nonce, maxFee: maxFeeWei, tip: tipWei } },
    }
    const made = { call, tx }
    read.set(raw, made)
    sent.push({ sender, nonce, call: `${action} ${tx.token ?? ''} ${escrowId}` })
    return made
  }

  const admit = (tx: PooledTx, { sender, nonce, maxFee, tip }: NonNullable<PooledTx['lane']>): void => {
    if (chain.isPooled(tx.hash)) throw rpcError(-32000, 'already known')
    const count = chain.countOf(sender, chain.height())
    if (nonce < count) throw rpcError(-32000, `nonce too low: next nonce ${count}, tx nonce ${nonce}`)
    if (nonce > count && faults.strikes('evm: a node takes no transaction over a gap', tx.about))
      throw rpcError(-32000, `Nonce too high. Expected nonce to be ${count} but got ${nonce}.`)
    const before = newest.get(tx.nonceOf)
    newest.set(tx.nonceOf, tx)
    if (before?.lane === undefined || !chain.isPooled(before.hash)) {
      chain.broadcast(tx)
      return
    }
    if (maxFee * 10n < before.lane.maxFee * 11n || tip * 10n < before.lane.tip * 11n) {
      newest.set(tx.nonceOf, before)
      throw rpcError(-32000, 'replacement transaction underpriced')
    }
    chain.replace(before, tx)
  }

  return {
    sent,
    take: raw => {
      const { tx } = readOnce(raw)
      if (faults.strikes('evm: a node refuses a transaction for reasons of its own', tx.about))
        throw rpcError(-32000, 'txpool is full')
      if (faults.strikes('evm: a node takes a transaction and forgets it', tx.about)) return tx.hash
      if (faults.strikes('evm: a node says that a number is used which is not', tx.about))
        throw rpcError(-32000, `nonce too low: next nonce ${tx.lane!.nonce + 1}, tx nonce ${tx.lane!.nonce}`)
      admit(tx, tx.lane!)
      if (faults.strikes('evm: the answer to a transaction is lost after it was taken', tx.about))
        throw new TimeoutError({ body: {}, url: '' })
      return tx.hash
    },
  }
}
