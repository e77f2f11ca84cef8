import { done, type Outcome, refused, unknown } from '../../outcome.ts'
import type { ChainTx } from '../chain.ts'
import type { StellarContext } from './context.ts'
import { reasonOf } from './failure.ts'
import { readFailure } from './result-code.ts'
import { chainTx } from './submit.ts'

/** `Chain.find`: what our books know for good, and else the ledger, which is asked for the hash. */
export const finding =
  ({ store, horizon }: StellarContext) =>
  async (key: string): Promise<Outcome<ChainTx>> => {
    const tx = await store.byKey(key)
    if (!tx) return refused('not_found', 'nothing was ever stored under this key')
    if (tx.status === 'refused') return refused(tx.code!, tx.detail ?? '')
    const attempt = tx.attempts.at(-1)!
    if (tx.status === 'succeeded') return done(chainTx(attempt))
    if (tx.status === 'waiting') return unknown('it waits to be built again')
    try {
      const found = await horizon.transaction(attempt.hash)
      if (found?.successful) return done(chainTx(attempt))
      const failure = found && readFailure(Buffer.from(found.result, 'base64'))
      if (failure?.kind === 'refused') return refused(failure.code, failure.detail)
      return unknown(failure ? `it failed and is to be built again: ${failure.detail}` : 'on its way')
    } catch (error) {
      return unknown(`the ledger does not answer: ${reasonOf(error)}`)
    }
  }
