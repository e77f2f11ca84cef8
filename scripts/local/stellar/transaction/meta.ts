import { xdr } from '@stellar/stellar-sdk/base'
import { entryKeyXdr, entryXdr } from '../ledger/entry-xdr.ts'
import type { Change } from '../ledger/scope.ts'
import type { Effects } from './apply.ts'

/** Base64 LedgerEntryChanges. */
export const changesXdr = (changes: readonly Change[]): string =>
  xdr.encodeArray(xdr.LedgerEntryChange, entryChanges(changes), 'base64')

/** Base64 TransactionMeta, in the form of the protocol. */
export const metaXdr = ({ before, operations }: Effects, protocol: number): string => {
  const txChangesBefore = entryChanges(before)
  const ext = xdr.ExtensionPoint.v0()
  if (protocol < 23) {
    const metas = operations.map(changes => new xdr.OperationMeta({ changes: entryChanges(changes) }))
    return xdr.TransactionMeta.v2(new xdr.TransactionMetaV2({ txChangesBefore, operations: metas, txChangesAfter: [] })).toXdr(
      'base64',
    )
  }
  const metas = operations.map(changes => new xdr.OperationMetaV2({ ext, changes: entryChanges(changes), events: [] }))
  return xdr.TransactionMeta.v4(
    new xdr.TransactionMetaV4({
      ...{ ext, txChangesBefore, operations: metas, txChangesAfter: [] },
      ...{ sorobanMeta: null, events: [], diagnosticEvents: [] },
    }),
  ).toXdr('base64')
}

const entryChanges = (changes: readonly Change[]): xdr.LedgerEntryChange[] => changes.flatMap(entryChange)

const entryChange = ({ before, after }: Change): xdr.LedgerEntryChange[] => {
  const state = before ? [xdr.LedgerEntryChange.ledgerEntryState(entryXdr(before))] : []
  if (!after) return [...state, xdr.LedgerEntryChange.ledgerEntryRemoved(entryKeyXdr(before!))]
  const written = entryXdr(after)
  return [
    ...state,
    before ? xdr.LedgerEntryChange.ledgerEntryUpdated(written) : xdr.LedgerEntryChange.ledgerEntryCreated(written),
  ]
}
