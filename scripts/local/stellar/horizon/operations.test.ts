import {
  Asset,
  AuthClawbackEnabledFlag,
  type AuthRevocableFlag,
  Claimant,
  type Keypair,
  Operation,
  type xdr,
} from '@stellar/stellar-sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTarget, type Target } from '../testing/target.ts'
import { type Wallet, walletOf } from '../testing/wallet.ts'

// On the local network, or on a real one when the environment names it.
let target: Target
let wallet: Wallet
let alice: Keypair
let issuer: Keypair
let holder: Keypair
let usdc: Asset

beforeAll(async () => {
  target = await openTarget()
  wallet = walletOf(target)
  alice = await wallet.fund()
  ;[issuer, holder] = (await wallet.make(alice, 2)) as [Keypair, Keypair]
  usdc = new Asset('USDC', issuer.publicKey())
})
afterAll(() => target.close())

/** The records of the operations once they are in a ledger; the issuer is the source where none is named. */
const records = async (...operations: xdr.Operation[]): Promise<object[]> => {
  const transaction = await wallet.build(issuer, operations, { signers: [] })
  const sources = new Set([issuer.publicKey(), ...transaction.operations.map(({ source }) => source)])
  transaction.sign(...[issuer, holder].filter(key => sources.has(key.publicKey())))
  const { hash } = await target.horizon.submitTransaction(transaction)
  return (await target.horizon.operations().forTransaction(hash).limit(100).call()).records
}

test('set_options and change_trust', async () => {
  const shown = await records(
    Operation.setOptions({ setFlags: 10 as typeof AuthRevocableFlag, homeDomain: 'a.example', masterWeight: 5 }),
    Operation.setOptions({
      signer: { ed25519PublicKey: alice.publicKey(), weight: 3 },
      lowThreshold: 1,
      medThreshold: 2,
      highThreshold: 4,
    }),
    Operation.setOptions({ clearFlags: AuthClawbackEnabledFlag }),
    Operation.setOptions({ setFlags: AuthClawbackEnabledFlag }),
    Operation.changeTrust({ asset: usdc, limit: '500', source: holder.publicKey() }),
  )
  expect(shown).toMatchObject([
    {
      type: 'set_options',
      type_i: 5,
      set_flags: [2, 8],
      set_flags_s: ['auth_revocable', 'auth_clawback_enabled'],
      home_domain: 'a.example',
      master_key_weight: 5,
    },
    { signer_key: alice.publicKey(), signer_weight: 3, low_threshold: 1, med_threshold: 2, high_threshold: 4 },
    { clear_flags: [8], clear_flags_s: ['auth_clawback_enabled'] },
    { set_flags: [8] },
    {
      type: 'change_trust',
      type_i: 6,
      asset_type: 'credit_alphanum4',
      asset_code: 'USDC',
      asset_issuer: issuer.publicKey(),
      limit: '500.0000000',
      trustee: issuer.publicKey(),
      trustor: holder.publicKey(),
      source_account: holder.publicKey(),
    },
  ])
  expect(Object.keys(shown[2]!)).not.toContain('set_flags')
})

test('payment of an asset, set_trust_line_flags and both clawbacks', async () => {
  const created = await wallet.build(holder, [
    Operation.createClaimableBalance({ asset: usdc, amount: '5', claimants: [new Claimant(alice.publicKey())] }),
  ])
  const shown = await records(Operation.payment({ asset: usdc, amount: '40', destination: holder.publicKey() }))
  await target.horizon.submitTransaction(created)
  const balanceId = created.getClaimableBalanceId(0)
  shown.push(
    ...(await records(
      Operation.setTrustLineFlags({
        trustor: holder.publicKey(),
        asset: usdc,
        flags: { authorized: false, authorizedToMaintainLiabilities: true },
      }),
      Operation.clawback({ asset: usdc, from: holder.publicKey(), amount: '10' }),
      Operation.clawbackClaimableBalance({ balanceId }),
    )),
  )
  const asset = { asset_type: 'credit_alphanum4', asset_code: 'USDC', asset_issuer: issuer.publicKey() }
  expect(shown).toMatchObject([
    { type: 'payment', ...asset, from: issuer.publicKey(), to: holder.publicKey(), amount: '40.0000000' },
    {
      type: 'set_trust_line_flags',
      type_i: 21,
      ...asset,
      trustor: holder.publicKey(),
      set_flags: [2],
      set_flags_s: ['authorized_to_maintain_liabilites'],
      clear_flags: [1],
      clear_flags_s: ['authorized'],
    },
    { type: 'clawback', type_i: 19, ...asset, from: holder.publicKey(), amount: '10.0000000' },
    { type: 'clawback_claimable_balance', type_i: 20, balance_id: balanceId },
  ])
})

test('manage_data, bump_sequence, and every kind of revoke_sponsorship', async () => {
  const sponsored = (...operations: xdr.Operation[]) => [
    Operation.beginSponsoringFutureReserves({ sponsoredId: holder.publicKey() }),
    ...operations,
    Operation.endSponsoringFutureReserves({ source: holder.publicKey() }),
  ]
  const other = new Asset('LONGERCODE', issuer.publicKey())
  const shown = await records(
    ...sponsored(
      Operation.manageData({ name: 'k', value: 'v', source: holder.publicKey() }),
      Operation.changeTrust({ asset: other, source: holder.publicKey() }),
      Operation.setOptions({ signer: { ed25519PublicKey: issuer.publicKey(), weight: 1 }, source: holder.publicKey() }),
    ),
    Operation.revokeDataSponsorship({ account: holder.publicKey(), name: 'k' }),
    Operation.revokeTrustlineSponsorship({ account: holder.publicKey(), asset: other }),
    Operation.revokeSignerSponsorship({ account: holder.publicKey(), signer: { ed25519PublicKey: issuer.publicKey() } }),
    Operation.manageData({ name: 'k', value: null, source: holder.publicKey() }),
    Operation.bumpSequence({ bumpTo: '77' }),
  )
  expect(shown).toMatchObject([
    { type: 'begin_sponsoring_future_reserves', type_i: 16, sponsored_id: holder.publicKey() },
    { type: 'manage_data', type_i: 10, name: 'k', value: Buffer.from('v').toString('base64'), sponsor: issuer.publicKey() },
    { type: 'change_trust', asset_type: 'credit_alphanum12', asset_code: 'LONGERCODE', sponsor: issuer.publicKey() },
    { type: 'set_options', signer_key: issuer.publicKey(), sponsor: issuer.publicKey() },
    { type: 'end_sponsoring_future_reserves', type_i: 17, begin_sponsor: issuer.publicKey() },
    { type: 'revoke_sponsorship', type_i: 18, data_account_id: holder.publicKey(), data_name: 'k' },
    { trustline_account_id: holder.publicKey(), trustline_asset: `LONGERCODE:${issuer.publicKey()}` },
    { signer_account_id: holder.publicKey(), signer_key: issuer.publicKey() },
    { type: 'manage_data', name: 'k', value: '' },
    { type: 'bump_sequence', type_i: 11, bump_to: '77' },
  ])
})

test('account_merge is a payment', async () => {
  const [gone] = (await wallet.make(alice, 1)) as [Keypair]
  await wallet.send(gone, [Operation.accountMerge({ destination: alice.publicKey() })])
  const payments = (await target.horizon.payments().forAccount(gone.publicKey()).call()).records
  expect(payments).toMatchObject([
    { type: 'create_account', type_i: 0, funder: alice.publicKey(), account: gone.publicKey(), starting_balance: '100.0000000' },
    { type: 'account_merge', type_i: 8, account: gone.publicKey(), into: alice.publicKey() },
  ])
})
