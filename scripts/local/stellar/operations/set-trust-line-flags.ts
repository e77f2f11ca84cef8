import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey } from '../ledger/account-id.ts'
import { assetIdOf, issuerOf, native } from '../ledger/asset.ts'
import { accountFlags, allLineFlags, authorizationFlags, isSet, lineFlags } from '../ledger/flags.ts'
import { accountIn, trustlineIn } from '../ledger/scope.ts'
import { define } from './define.ts'

const result = (code: xdr.SetTrustLineFlagsResult['type']) =>
  xdr.OperationResultTr.setTrustLineFlags(xdr.SetTrustLineFlagsResult[code]())

export const setTrustLineFlags = define('setTrustLineFlags', {
  threshold: 'low',
  malformed: ({ trustor, asset, clearFlags, setFlags }, source) => {
    const id = assetIdOf(asset)
    const malformed =
      id === undefined ||
      id === native ||
      issuerOf(id) !== source ||
      accountIdOfKey(trustor) === source ||
      (setFlags & clearFlags) !== 0 ||
      ((setFlags | clearFlags) & ~allLineFlags) !== 0 ||
      // The right to claw back comes with the line and can only be given up.
      isSet(setFlags, lineFlags.clawback) ||
      bothLevels(setFlags)
    return malformed ? 'setTrustLineFlagsMalformed' : undefined
  },
  apply: ({ trustor, asset, clearFlags, setFlags }, on) => {
    const issuer = accountIn(on.scope, on.source)!
    const revokes = isSet(clearFlags, authorizationFlags) && !isSet(setFlags, lineFlags.authorized)
    if (revokes && !isSet(issuer.flags, accountFlags.revocable)) return 'setTrustLineFlagsCantRevoke'
    const line = trustlineIn(on.scope, accountIdOfKey(trustor), assetIdOf(asset)!)
    if (!line) return 'setTrustLineFlagsNoTrustLine'
    const flags = (line.flags & ~clearFlags) | setFlags
    if (bothLevels(flags)) return 'setTrustLineFlagsInvalidState'
    on.scope.put({ ...line, flags })
    return 'setTrustLineFlagsSuccess'
  },
  result,
  success: result('setTrustLineFlagsSuccess'),
})

// Authorized and authorized to maintain liabilities exclude each other.
const bothLevels = (flags: number): boolean => (flags & authorizationFlags) === authorizationFlags
