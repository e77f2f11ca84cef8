import { xdr } from '@stellar/stellar-sdk/base'
import { z } from 'zod'
import { accountIdOfKey } from '../ledger/account-id.ts'
import { assetIdOf } from '../ledger/asset.ts'
import type { Entry } from '../ledger/entry.ts'
import { entryXdr } from '../ledger/entry-xdr.ts'
import type { LedgerState } from '../ledger/state.ts'
import { type RpcMethod, readParams } from './method.ts'
import { invalidParams } from './rpc-error.ts'

const mostKeys = 200

/** Current entries by key, in the order of the keys; what does not exist is left out. */
export const getLedgerEntries: RpcMethod = (node, params) => {
  const view = node.view('rpc')
  const { keys } = readParams(keysParams, params)
  return {
    entries: keys.flatMap((key, at) => {
      const entry = entryAt(view.state, decoded(key, at))
      if (!entry) return []
      const { data, lastModifiedLedgerSeq, ext } = entryXdr(entry)
      return [{ key, xdr: data.toXdr('base64'), lastModifiedLedgerSeq, extXdr: ext.toXdr('base64') }]
    }),
    latestLedger: view.latest,
  }
}

const keysParams = z.looseObject({ keys: z.array(z.string()).max(mostKeys) })

const decoded = (key: string, at: number): xdr.LedgerKey => {
  try {
    return xdr.LedgerKey.fromXdr(key, 'base64')
  } catch {
    throw invalidParams(`cannot unmarshal key value ${key} at index ${at}`)
  }
}

const entryAt = (state: LedgerState, key: xdr.LedgerKey): Entry | undefined => {
  switch (key.type) {
    case 'account':
      return state.account(accountIdOfKey(key.account.accountId))
    case 'trustline': {
      const asset = assetIdOf(key.trustLine.asset)
      return asset === undefined ? undefined : state.trustline(accountIdOfKey(key.trustLine.accountId), asset)
    }
    case 'data':
      return state.data(accountIdOfKey(key.data.accountId), key.data.dataName.toString())
    case 'claimableBalance':
      return state.claimableBalance(key.claimableBalance.balanceId.v0.toXdr('hex'))
    default:
      return undefined
  }
}
