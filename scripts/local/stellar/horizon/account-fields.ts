import { encodeMuxedAccountToAddress, type xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfMuxed } from '../ledger/account-id.ts'

/** `from`, and `from_muxed`, `from_muxed_id` when there is a number in the address. */
export const accountFields = (name: string, account: xdr.MuxedAccount): Record<string, string> => ({
  [name]: accountIdOfMuxed(account),
  ...muxedFields(name, account),
})

export const muxedFields = (name: string, account: xdr.MuxedAccount): Record<string, string> =>
  account.type === 'keyTypeMuxedEd25519'
    ? { [`${name}_muxed`]: encodeMuxedAccountToAddress(account), [`${name}_muxed_id`]: String(account.med25519.id) }
    : {}
