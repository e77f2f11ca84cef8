import type { HoldTerms } from '../../../../bridge-service/src/chains/chain.ts'
import type { StrayMoney } from '../../../../bridge-service/src/chains/deposits.ts'
import { tokenOf } from '../../indexer/indexer.ts'
import { accountOf, assetNameOf } from './accounts.ts'
import type { LedgerBooks } from './books.ts'
import { stroopsOf } from './customers.ts'

// These worlds number escrows, and name accounts, tokens and balances, in a way of their own: here in the ledger's.

export const termsOnLedger = (terms: HoldTerms): HoldTerms => ({
  ...{ ...terms, payer: accountOf(terms.payer), payee: accountOf(terms.payee) },
})

/** The indexer of these worlds tells of a balance by the fact of its making. */
export const moneyOnLedger = (money: StrayMoney, { balanceIdOf }: LedgerBooks): StrayMoney => ({
  ...money,
  token: assetNameOf(money.token.slice(tokenOf('').length)),
  units: stroopsOf(money.units).toString(),
  payer: accountOf(money.payer),
  balanceId: money.balanceId === null ? null : balanceIdOf(money.balanceId),
})
