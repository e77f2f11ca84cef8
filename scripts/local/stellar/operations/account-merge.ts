import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfMuxed } from '../ledger/account-id.ts'
import { accountFlags, isSet } from '../ledger/flags.ts'
import { credited } from '../ledger/funds.ts'
import { removeEntry } from '../ledger/reserve.ts'
import { accountIn } from '../ledger/scope.ts'
import { removeSigner } from '../ledger/signers.ts'
import { startingSequence } from '../ledger/starting-sequence.ts'
import { define } from './define.ts'

const merged = (balance: bigint) => xdr.OperationResultTr.accountMerge(xdr.AccountMergeResult.accountMergeSuccess(balance))

export const accountMerge = define('accountMerge', {
  threshold: 'high',
  malformed: (destination, source) => (accountIdOfMuxed(destination) === source ? 'accountMergeMalformed' : undefined),
  apply: (destination, on) => {
    const to = accountIdOfMuxed(destination)
    if (!accountIn(on.scope, to)) return 'accountMergeNoAccount'
    const source = accountIn(on.scope, on.source)!
    if (isSet(source.flags, accountFlags.immutable)) return 'accountMergeImmutableSet'
    if (source.subentries !== source.signers.length) return 'accountMergeHasSubEntries'
    // Created anew in this ledger the account would begin at this number: it must never go back to one that was used.
    const limit = startingSequence(on.ledger.sequence)
    if ((on.highestSequence(on.source) ?? -1n) >= limit || source.sequence >= limit) return 'accountMergeSeqnumTooFar'
    if (on.sponsorships.isSponsor(on.source) || source.sponsoring > 0) return 'accountMergeIsSponsor'
    for (const { key } of source.signers.toReversed()) removeSigner(on.scope, on.source, key)
    const richer = credited(accountIn(on.scope, to)!, source.balance)
    if (!richer) return 'accountMergeDestFull'
    on.scope.put(richer)
    removeEntry(on.scope, accountIn(on.scope, on.source)!)
    return merged(source.balance)
  },
  result: code => xdr.OperationResultTr.accountMerge(xdr.AccountMergeResult[code]()),
  success: merged(0n),
})
