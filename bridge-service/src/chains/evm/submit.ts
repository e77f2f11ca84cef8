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
export const submitting = (context: EvmContext, place: (call: Wanted) => Promise<EvmTx>) => {
  const { rpc, store } = context

  const submit = async (call: Call): Promise<Outcome<ChainTx>> => {
    const stored = await store.byKey(call.key)
    if (stored) return resume(stored, call)
    await context.verifyChain()
    const simulated = await simulate(rpc, call)
    if (simulated.kind === 'passes') return placeAndSend({ ...call, gasLimit: simulated.gasLimit }, true)
    // The chain may refuse it because the same order, submitted beside us, has just been mined.
    const raced = await store.byKey(call.key)
    return raced ? resume(raced, call) : simulated
  }

  const placeAndSend = async (wanted: Wanted, isNew: boolean): Promise<Outcome<ChainTx>> => {
    let tx: EvmTx
    try {
      tx = await place(wanted)
    } catch (error) {
      if (isNew && error instanceof BridgeError && error.code === 'chain_unavailable') throw error
      return unknown('whether it was stored is not known')
    }
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

const assertSame = (tx: EvmTx, call: Call) => {
  if (tx.sender !== call.sender || tx.to !== call.to || tx.data !== call.data)
    throw new BridgeError('idempotency_conflict', { key: call.key })
}
