import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey } from '../ledger/account-id.ts'
import type { Account } from '../ledger/entry.ts'
import { accountFlags, allAccountFlags, isSet } from '../ledger/flags.ts'
import { reserveSigner } from '../ledger/reserve.ts'
import { accountIn } from '../ledger/scope.ts'
import { signerKeyOf } from '../ledger/signer-key.ts'
import { removeSigner, signerOf, withSigner } from '../ledger/signers.ts'
import { isPlainText } from '../ledger/text.ts'
import { define } from './define.ts'
import type { Applying, CommonRefusal } from './operation.ts'
import { refusedReserve } from './refused-reserve.ts'

type Code = xdr.SetOptionsResult['type']

const maxSigners = 20
const maxWeight = 255

const result = (code: Code) => xdr.OperationResultTr.setOptions(xdr.SetOptionsResult[code]())

export const setOptions = define('setOptions', {
  threshold: op =>
    [op.masterWeight, op.lowThreshold, op.medThreshold, op.highThreshold, op.signer].some(given => given !== null)
      ? 'high'
      : 'medium',
  malformed: (op, source) => {
    const set = op.setFlags ?? 0
    const clear = op.clearFlags ?? 0
    if (((set | clear) & ~allAccountFlags) !== 0) return 'setOptionsUnknownFlag'
    if ((set & clear) !== 0) return 'setOptionsBadFlags'
    if ([op.masterWeight, op.lowThreshold, op.medThreshold, op.highThreshold].some(weight => (weight ?? 0) > maxWeight))
      return 'setOptionsThresholdOutOfRange'
    if (op.signer && isBadSigner(op.signer, source)) return 'setOptionsBadSigner'
    if (op.homeDomain && !isPlainText(op.homeDomain.bytes)) return 'setOptionsInvalidHomeDomain'
    return undefined
  },
  apply: (op, on) => {
    const account = accountIn(on.scope, on.source)!
    const inflation = op.inflationDest ? accountIdOfKey(op.inflationDest) : account.inflationDestination
    if (op.inflationDest && inflation !== on.source && !accountIn(on.scope, inflation!)) return 'setOptionsInvalidInflation'
    // All flags there are say what the issuer may do, so an immutable account can change none.
    if ((op.clearFlags || op.setFlags) && isSet(account.flags, accountFlags.immutable)) return 'setOptionsCantChange'
    const flags = (account.flags & ~(op.clearFlags ?? 0)) | (op.setFlags ?? 0)
    if (
      (op.setFlags !== null || op.clearFlags !== null) &&
      isSet(flags, accountFlags.clawback) &&
      !isSet(flags, accountFlags.revocable)
    )
      return 'setOptionsAuthRevocableRequired'
    const { master, low, medium, high } = account.thresholds
    on.scope.put({
      ...account,
      inflationDestination: inflation,
      flags,
      homeDomain: op.homeDomain?.toString() ?? account.homeDomain,
      thresholds: {
        master: op.masterWeight ?? master,
        low: op.lowThreshold ?? low,
        medium: op.medThreshold ?? medium,
        high: op.highThreshold ?? high,
      },
    })
    return op.signer ? changeSigner(op.signer, on) : 'setOptionsSuccess'
  },
  result,
  success: result('setOptionsSuccess'),
})

const isBadSigner = ({ key, weight }: xdr.Signer, source: string): boolean =>
  weight > maxWeight ||
  signerKeyOf(key).address === source ||
  (key.type === 'signerKeyTypeEd25519SignedPayload' && key.ed25519SignedPayload.payload.length === 0)

const changeSigner = (wanted: xdr.Signer, on: Applying): Code | CommonRefusal => {
  const key = signerKeyOf(wanted.key)
  if (wanted.weight === 0) {
    removeSigner(on.scope, on.source, key)
    return 'setOptionsSuccess'
  }
  const account = accountIn(on.scope, on.source)!
  const known = signerOf(account, key)
  if (known) {
    on.scope.put(withSigner(account, { ...known, weight: wanted.weight }))
    return 'setOptionsSuccess'
  }
  if (account.signers.length === maxSigners) return 'setOptionsTooManySigners'
  const reserved = reserveSigner(on, on.source)
  if (typeof reserved === 'string') return refusedReserve(reserved, 'setOptionsLowReserve')
  const charged: Account = accountIn(on.scope, on.source)!
  on.scope.put(withSigner(charged, { key, weight: wanted.weight, sponsor: reserved.sponsor }))
  return 'setOptionsSuccess'
}
