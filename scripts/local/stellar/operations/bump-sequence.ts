import { xdr } from '@stellar/stellar-sdk/base'
import { accountIn } from '../ledger/scope.ts'
import { define } from './define.ts'

const result = (code: xdr.BumpSequenceResult['type']) => xdr.OperationResultTr.bumpSequence(xdr.BumpSequenceResult[code]())

export const bumpSequence = define('bumpSequence', {
  threshold: 'low',
  malformed: ({ bumpTo }) => (bumpTo < 0n ? 'bumpSequenceBadSeq' : undefined),
  apply: ({ bumpTo }, on) => {
    const account = accountIn(on.scope, on.source)!
    on.scope.put({
      ...account,
      sequence: bumpTo > account.sequence ? bumpTo : account.sequence,
      // The clock of minimum age and gap starts anew even when the number stays.
      sequenceMoved: { ledger: on.ledger.sequence, time: on.ledger.closeTime },
    })
    return 'bumpSequenceSuccess'
  },
  result,
  success: result('bumpSequenceSuccess'),
})
