import type { Outcome } from '../../outcome.ts'
import type { ChainTx, HoldTerms } from '../chain.ts'
import type { ChainDeposits } from '../deposits.ts'
import { showStroops } from './amount.ts'
import type { StellarContext } from './context.ts'
import { stellarPaymentId } from './payment-id.ts'
import { prepareDeposit } from './prepare-deposit.ts'
import { giveBackTask, wayBackOf } from './stray-money.ts'
import type { StellarOrder } from './task.ts'

/** `Chain.deposits`: a balance that the customer makes, or a payment of his. */
export const stellarDeposits = (
  context: StellarContext,
  order: (order: StellarOrder) => Promise<Outcome<ChainTx>>,
): ChainDeposits => ({
  ids: terms => {
    const deposit = context.depositOf(terms)
    return [deposit.escrowId, stellarPaymentId(deposit)]
  },
  prepare: async (terms: HoldTerms, dueAt) => {
    const { ref, payer: customer, stroops, token, escrowId } = context.depositOf(terms)
    const { currency, amountMinor, refundAfter } = terms
    const prepared = await prepareDeposit(context, { ref, currency, amountMinor, customer, refundAfter }, BigInt(dueAt))
    return {
      kind: 'stellar',
      escrowId,
      balance: { ...prepared, networkPassphrase: context.passphrase },
      payment: { destination: context.accounts.hot, asset: token, amount: showStroops(stroops), memoHash: ref.slice(2) },
    }
  },
  wayBack: money => wayBackOf(context, money),
  giveBack: (key, money) => order({ key, task: giveBackTask(money) }),
})
