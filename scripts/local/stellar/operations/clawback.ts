import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfMuxed } from '../ledger/account-id.ts'
import { assetIdOf, issuerOf, native } from '../ledger/asset.ts'
import { isSet, lineFlags } from '../ledger/flags.ts'
import { addToLine } from '../ledger/funds.ts'
import { trustlineIn } from '../ledger/scope.ts'
import { define } from './define.ts'

const result = (code: xdr.ClawbackResult['type']) => xdr.OperationResultTr.clawback(xdr.ClawbackResult[code]())

export const clawback = define('clawback', {
  threshold: 'medium',
  malformed: ({ asset, from, amount }, source) => {
    const id = assetIdOf(asset)
    // Only the plain address of the issuer is told apart here; under a muxed one he merely has no line.
    const fromSelf = from.type === 'keyTypeEd25519' && accountIdOfMuxed(from) === source
    return fromSelf || amount < 1n || id === undefined || id === native || issuerOf(id) !== source
      ? 'clawbackMalformed'
      : undefined
  },
  apply: ({ asset, from, amount }, on) => {
    const line = trustlineIn(on.scope, accountIdOfMuxed(from), assetIdOf(asset)!)
    if (!line) return 'clawbackNoTrust'
    if (!isSet(line.flags, lineFlags.clawback)) return 'clawbackNotClawbackEnabled'
    return addToLine(on.scope, line, -amount) ? 'clawbackSuccess' : 'clawbackUnderfunded'
  },
  result,
  success: result('clawbackSuccess'),
})
