import { xdr } from '@stellar/stellar-sdk/base'
import { unsponsored } from '../ledger/entry.ts'
import { createEntry, removeEntry } from '../ledger/reserve.ts'
import { accountIn, dataIn } from '../ledger/scope.ts'
import { isPlainText } from '../ledger/text.ts'
import { define } from './define.ts'
import { refusedReserve } from './refused-reserve.ts'

const result = (code: xdr.ManageDataResult['type']) => xdr.OperationResultTr.manageData(xdr.ManageDataResult[code]())

export const manageData = define('manageData', {
  threshold: 'medium',
  malformed: ({ dataName }) =>
    dataName.bytes.length === 0 || !isPlainText(dataName.bytes) ? 'manageDataInvalidName' : undefined,
  apply: ({ dataName, dataValue }, on) => {
    const name = dataName.toString()
    const known = dataIn(on.scope, on.source, name)
    if (!dataValue) {
      if (!known) return 'manageDataNameNotFound'
      removeEntry(on.scope, known)
      return 'manageDataSuccess'
    }
    const value = dataValue.value
    if (known) {
      on.scope.put({ ...known, value })
      return 'manageDataSuccess'
    }
    const entry = { kind: 'data', account: on.source, name, value, ...unsponsored } as const
    const refusal = createEntry(on, entry, accountIn(on.scope, on.source)!)
    return refusal ? refusedReserve(refusal, 'manageDataLowReserve') : 'manageDataSuccess'
  },
  result,
  success: result('manageDataSuccess'),
})
