import { done, type Outcome, refused, unknown } from '../../outcome.ts'
import type { ChainTx } from '../chain.ts'
import type { EvmContext } from './context.ts'
import { reasonOf } from './failure.ts'
import { stands } from './observe.ts'
import { chainTx } from './submit.ts'

/** `Chain.find`: asks the chain for every hash of the key's nonce, because any of them may be the one that was mined. */
export const finding =
  ({ store, rpc, settings }: EvmContext) =>
  async (key: string): Promise<Outcome<ChainTx>> => {
    const tx = await store.byKey(key)
    if (!tx) {
      const refusal = await store.refusalOf(key)
      return refused(refusal?.code ?? 'not_found', refusal?.detail ?? 'nothing was ever stored under this key')
    }
    // What is final is not asked again: nodes forget old receipts.
    if (tx.final)
      return tx.status === 'included' ? done(chainTx(tx, tx.inclusion!.hash)) : refused('reverted', tx.inclusion!.hash)
    try {
      const head = await rpc.head()
      const receipt = await rpc.receipt(tx.versions.map(version => version.hash))
      if (receipt?.succeeded) return done(chainTx(tx, receipt.hash))
      const isDeep = receipt !== undefined && receipt.blockNumber + BigInt(settings.finalityDepth) <= head
      // It may have been mined again, and have gone through there.
      if (isDeep && (await stands(rpc, receipt))) return refused('reverted', receipt.hash)
      return unknown(receipt ? 'reverted, but not final' : tx.status)
    } catch (error) {
      return unknown(`the chain does not answer: ${reasonOf(error)}`)
    }
  }
