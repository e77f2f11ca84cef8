import { Asset, Claimant, Operation, xdr } from '@stellar/stellar-sdk/base'
import { expect, it } from 'vitest'
import { entryXdr } from '../ledger/entry-xdr.ts'
import { type Order, openWorld } from '../testing/world.ts'

it.each(['v19', 'current'] as const)('of core %s, followed change by change, leads to the ledger that is', core => {
  const world = openWorld({ core })
  const [issuer, alice] = [world.person('issuer'), world.person('alice')]
  const asset = new Asset('LONGCODE', issuer.publicKey())
  const signer = { sha256Hash: Buffer.alloc(32, 7), weight: 1 }
  const orders: Order[] = [
    { source: alice, operations: [Operation.changeTrust({ asset }), Operation.manageData({ name: 'note', value: 'x' })] },
    {
      source: issuer,
      operations: [
        Operation.payment({ destination: alice.publicKey(), asset, amount: '5' }),
        Operation.setOptions({ signer, homeDomain: 'example.com' }),
      ],
    },
    {
      source: alice,
      operations: [Operation.createClaimableBalance({ asset, amount: '1', claimants: [new Claimant(issuer.publicKey())] })],
    },
    { source: alice, operations: [Operation.payment({ destination: issuer.publicKey(), asset, amount: '99' })] },
    { source: alice, operations: [Operation.manageData({ name: 'note', value: null })] },
  ]
  for (const order of orders) world.run(order)

  const followed = new Map<string, string>()
  const follow = (changes: readonly xdr.LedgerEntryChange[]) => {
    for (const change of changes) {
      if (change.type === 'ledgerEntryState') expect(followed.get(nameOf(change.state))).toBe(change.state.toXdr('base64'))
      if (change.type === 'ledgerEntryCreated') followed.set(nameOf(change.created), change.created.toXdr('base64'))
      if (change.type === 'ledgerEntryUpdated') followed.set(nameOf(change.updated), change.updated.toXdr('base64'))
      if (change.type === 'ledgerEntryRemoved') expect(followed.delete(nameOfKey(change.removed))).toBe(true)
    }
  }
  for (const { after } of world.network.ledgers[0]!.changes) follow([xdr.LedgerEntryChange.ledgerEntryCreated(entryXdr(after!))])
  for (const { transactions } of world.network.ledgers) {
    for (const { feeMetaXdr } of transactions) follow(xdr.decodeArray(xdr.LedgerEntryChange, feeMetaXdr, 'base64'))
    for (const { resultMetaXdr } of transactions) {
      const meta = xdr.TransactionMeta.fromXdr(resultMetaXdr, 'base64')
      expect(meta.type).toBe(core === 'v19' ? 'v2' : 'v4')
      const { txChangesBefore, operations } = meta.value as xdr.TransactionMetaV4
      follow([...txChangesBefore, ...operations.flatMap(({ changes }) => changes)])
    }
  }
  const { state } = world.network
  const entries = [
    ...state.accounts(),
    ...state.accounts().flatMap(({ id }) => [...state.trustlines(id), ...state.allData(id)]),
    ...state.claimableBalances(),
  ]
  expect([...followed.values()].sort()).toEqual(entries.map(entry => entryXdr(entry).toXdr('base64')).sort())
  expect(entries.length).toBeGreaterThan(4)
})

const nameOf = ({ data }: xdr.LedgerEntry): string => {
  switch (data.type) {
    case 'account':
      return nameOfKey(xdr.LedgerKey.account(new xdr.LedgerKeyAccount(data.account)))
    case 'trustline':
      return nameOfKey(xdr.LedgerKey.trustline(new xdr.LedgerKeyTrustLine(data.trustLine)))
    case 'data':
      return nameOfKey(xdr.LedgerKey.data(new xdr.LedgerKeyData(data.data)))
    case 'claimableBalance':
      return nameOfKey(xdr.LedgerKey.claimableBalance(new xdr.LedgerKeyClaimableBalance(data.claimableBalance)))
    default:
      throw new Error(`no entry of this ledger: ${data.type}`)
  }
}

const nameOfKey = (key: xdr.LedgerKey): string => key.toXdr('base64')
