import { BridgeError } from '../../errors.ts'
import { type Refused, refused } from '../../outcome.ts'
import type { ChainOrder } from '../chain.ts'
import type { StellarContext } from './context.ts'
import { unavailable } from './failure.ts'
import { madeDeposit } from './made-deposit.ts'
import type { StellarTask } from './task.ts'

/**
 * What an order about a customer's deposit asks of this ledger. To commit is to claim his balance, which collects it, too; a payment is ours as
 * it comes, so that there is nothing to commit, and nothing to release of either. What goes back is a balance as long as it is one, and a
 * payment from then on. Throws `chain_unavailable` while that cannot be told.
 */
export const depositTask = async (context: StellarContext, order: ChainOrder): Promise<StellarTask | Refused> => {
  const stored = await context.store.byKey(order.key)
  // The same order is the same task, whatever has become of the deposit since.
  if (stored) return stored.task
  const { action, terms, depositFact: fact } = order
  if (fact === undefined) throw new BridgeError('internal', { reason: 'which deposit?', key: order.key })
  const { ref, payer: customer, stroops, token } = context.depositOf(terms)
  const made = await madeDeposit(context, fact)
  switch (action) {
    case 'commit': {
      if (made.kind === 'payment') return refused('deposit_is_ours', 'a payment needs no claim')
      const { currency, amountMinor, refundAfter } = terms
      const { balanceId } = made
      return { action: 'claimDeposit', terms: { ref, currency, amountMinor, customer, refundAfter }, balanceId, deposit: fact }
    }
    case 'refund': {
      const pay = { action: 'pay', ref, token, stroops: stroops.toString(), to: customer, deposit: fact } as const
      if (made.kind === 'payment') return pay
      const claim = await context.store.ofDeposit(fact, ['claimDeposit'])
      if (claim?.status === 'succeeded') return pay
      if (claim) throw unavailable('what became of the claim is not known yet')
      return { action: 'returnDeposit', ref, balanceId: made.balanceId, to: customer, deposit: fact }
    }
    case 'lock':
    case 'release':
      return refused('deposit_is_the_customers', `nothing of a deposit is ours to ${action}`)
  }
}
