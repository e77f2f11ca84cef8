import type { Hex } from 'viem'
import { BridgeError } from '../../errors.ts'
import { done, type Outcome, refused, unknown } from '../../outcome.ts'
import type { ChainTx } from '../chain.ts'
import { broadcast } from './broadcast.ts'
import type { Call } from './call.ts'
import type { EvmContext } from './context.ts'
import type { Wanted } from './lanes.ts'
import { simulate } from './simulate.ts'
import type { EvmTx } from './tx-store.ts'

/** `Chain.submit`, for a call that is already encoded. `place` is the placing of the call's sender. */
export const submitting = (context: EvmContext, place: (call: Wanted) => Promise<EvmTx | undefined>) => {
  const { rpc, store, lanes } = context

  const submit = async (call: Call): Promise<Outcome<ChainTx>> => {
    const before = await answerOf(call)
    if (before) return before
    await context.verifyChain()
    const simulated = await simulate(rpc, call)
    await context.checkpoint('simulated')
    if (simulated.kind === 'passes') return placeAndSend({ ...call, gasLimit: simulated.gasLimit }, true)
    await lanes.refuse(call, simulated)
    // Not what we have just been told: the same order, submitted beside us, may have its nonce, and have been mined.
    return (await answerOf(call))!
  }

  /** What the key has been answered for good; undefined: nothing yet. */
  const answerOf = async (call: Call): Promise<Outcome<ChainTx> | undefined> => {
    const tx = await store.byKey(call.key)
    if (tx) return resume(tx, call)
    const refusal = await store.refusalOf(call.key)
    if (!refusal) return undefined
    assertSame(refusal, call)
    return refused(refusal.code, refusal.detail)
  }

  const placeAndSend = async (wanted: Wanted, isNew: boolean): Promise<Outcome<ChainTx>> => {
    let tx: EvmTx | undefined
    try {
      tx = await place(wanted)
    } catch (error) {
      if (isNew && error instanceof BridgeError && error.code === 'chain_unavailable') throw error
      return unknown('whether it was stored is not known')
    }
    // Refused to another worker since we have asked the chain, and acted upon.
    if (!tx) return (await answerOf(wanted))!
    assertSame(tx, wanted)
    return send(tx)
  }

  const resume = async (tx: EvmTx, call: Call): Promise<Outcome<ChainTx>> => {
    assertSame(tx, call)
    if (tx.status === 'allocated') return placeAndSend({ ...call, gasLimit: tx.gasLimit }, false)
    if (tx.status === 'usurped') return unknown('the nonce was consumed by a foreign transaction')
    if (tx.status === 'reverted' && tx.final) return refused('reverted', tx.inclusion!.hash)
    if (tx.inclusion) return done(chainTx(tx, tx.inclusion.hash))
    return send(tx)
  }

  const send = async (tx: EvmTx): Promise<Outcome<ChainTx>> => {
    const { hash } = tx.versions.at(-1)!
    const raw = (await store.rawOf([hash])).get(hash)!
    const answer = await broadcast(rpc, raw)
    await context.checkpoint('broadcast')
    if (answer.kind === 'held') return done(chainTx(tx, hash))
    if (answer.kind === 'rejected') context.notify({ type: 'broadcastRejected', sender: tx.sender, hash, detail: answer.detail })
    if (answer.kind === 'nonceTooLow') {
      const receipt = await rpc.receipt(tx.versions.map(version => version.hash)).catch(() => undefined)
      if (receipt) return done(chainTx(tx, receipt.hash))
    }
    return unknown(`stored, but the broadcast was answered with: ${answer.detail}`)
  }

  return submit
}

export const chainTx = (tx: EvmTx, hash: Hex): ChainTx => ({ hash, nonce: tx.nonce.toString(), sender: tx.sender })

const assertSame = (kept: Pick<EvmTx, 'sender' | 'to' | 'data'>, call: Call) => {
  if (kept.sender !== call.sender || kept.to !== call.to || kept.data !== call.data)
    throw new BridgeError('idempotency_conflict', { key: call.key })
}
