import { xdr } from '@stellar/stellar-sdk/base'
import { assetIdOf, issuerOf, native } from '../ledger/asset.ts'
import { unsponsored } from '../ledger/entry.ts'
import { accountFlags, isSet, lineFlags } from '../ledger/flags.ts'
import { createEntry, removeEntry } from '../ledger/reserve.ts'
import { accountIn, trustlineIn } from '../ledger/scope.ts'
import { define } from './define.ts'
import { refusedReserve } from './refused-reserve.ts'

const result = (code: xdr.ChangeTrustResult['type']) => xdr.OperationResultTr.changeTrust(xdr.ChangeTrustResult[code]())

export const changeTrust = define('changeTrust', {
  threshold: 'medium',
  malformed: ({ line, limit }, source) => {
    if (line.type === 'assetTypePoolShare') return 'opNotSupported'
    const asset = assetIdOf(line)
    return limit < 0n || asset === undefined || asset === native || issuerOf(asset) === source
      ? 'changeTrustMalformed'
      : undefined
  },
  apply: ({ line: wanted, limit }, on) => {
    const asset = assetIdOf(wanted)!
    const line = trustlineIn(on.scope, on.source, asset)
    // A line can be closed, but neither opened nor changed, when the issuer is gone.
    if (line && limit < line.balance) return 'changeTrustInvalidLimit'
    if (line && limit === 0n) {
      removeEntry(on.scope, line)
      return 'changeTrustSuccess'
    }
    if (!line && limit === 0n) return 'changeTrustInvalidLimit'
    const issuer = accountIn(on.scope, issuerOf(asset))
    if (!issuer) return 'changeTrustNoIssuer'
    if (line) {
      on.scope.put({ ...line, limit })
      return 'changeTrustSuccess'
    }
    const flags =
      (isSet(issuer.flags, accountFlags.required) ? 0 : lineFlags.authorized) |
      (isSet(issuer.flags, accountFlags.clawback) ? lineFlags.clawback : 0)
    const opened = { kind: 'trustline', account: on.source, asset, balance: 0n, limit, flags, ...unsponsored } as const
    const refusal = createEntry(on, opened, accountIn(on.scope, on.source)!)
    return refusal ? refusedReserve(refusal, 'changeTrustLowReserve') : 'changeTrustSuccess'
  },
  result,
  success: result('changeTrustSuccess'),
})
