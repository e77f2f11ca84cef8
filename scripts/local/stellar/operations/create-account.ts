import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey } from '../ledger/account-id.ts'
import { newAccount } from '../ledger/entry.ts'
import { available } from '../ledger/funds.ts'
import { createEntry } from '../ledger/reserve.ts'
import { accountIn } from '../ledger/scope.ts'
import { startingSequence } from '../ledger/starting-sequence.ts'
import { define } from './define.ts'
import { refusedReserve } from './refused-reserve.ts'

const result = (code: xdr.CreateAccountResult['type']) => xdr.OperationResultTr.createAccount(xdr.CreateAccountResult[code]())

export const createAccount = define('createAccount', {
  threshold: 'medium',
  malformed: ({ destination, startingBalance }, source) =>
    startingBalance < 0n || accountIdOfKey(destination) === source ? 'createAccountMalformed' : undefined,
  apply: ({ destination, startingBalance }, on) => {
    const id = accountIdOfKey(destination)
    if (accountIn(on.scope, id)) return 'createAccountAlreadyExist'
    const account = newAccount(id, startingBalance, startingSequence(on.ledger.sequence))
    const refusal = createEntry(on, account, account)
    if (refusal) return refusedReserve(refusal, 'createAccountLowReserve')
    // Read only now: the source may have become the sponsor of what it creates.
    const source = accountIn(on.scope, on.source)!
    if (available(source, on.baseReserve) < startingBalance) return 'createAccountUnderfunded'
    on.scope.put({ ...source, balance: source.balance - startingBalance })
    return 'createAccountSuccess'
  },
  result,
  success: result('createAccountSuccess'),
})
