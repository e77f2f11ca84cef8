import type { Account, Signer, Trustline } from '../ledger/entry.ts'
import type { LedgerState } from '../ledger/state.ts'
import { decimal } from './amount.ts'
import { assetFields } from './asset.ts'
import { isoTime } from './iso-time.ts'
import type { Link } from './link.ts'

const nothing = decimal(0n)

/** An account with its lines, signers and data. `closeTimeOf` tells when a ledger closed, for as long as history goes back. */
export const accountRecord = (
  link: Link,
  state: Pick<LedgerState, 'trustlines' | 'allData'>,
  account: Account,
  closeTimeOf: (ledger: number) => number | undefined,
) => {
  const { id, thresholds, flags, sequenceMoved } = account
  const modified = closeTimeOf(account.lastModified)
  const self = `/accounts/${id}`
  return {
    _links: {
      self: link(self),
      transactions: link(`${self}/transactions{?cursor,limit,order}`),
      operations: link(`${self}/operations{?cursor,limit,order}`),
      payments: link(`${self}/payments{?cursor,limit,order}`),
      effects: link(`${self}/effects{?cursor,limit,order}`),
      offers: link(`${self}/offers{?cursor,limit,order}`),
      trades: link(`${self}/trades{?cursor,limit,order}`),
      data: link(`${self}/data/{key}`),
    },
    id,
    account_id: id,
    sequence: String(account.sequence),
    ...(sequenceMoved ? { sequence_ledger: sequenceMoved.ledger, sequence_time: String(sequenceMoved.time) } : {}),
    subentry_count: account.subentries,
    ...(account.inflationDestination ? { inflation_destination: account.inflationDestination } : {}),
    ...(account.homeDomain ? { home_domain: account.homeDomain } : {}),
    last_modified_ledger: account.lastModified,
    last_modified_time: modified === undefined ? null : isoTime(modified),
    thresholds: {
      low_threshold: thresholds.low,
      med_threshold: thresholds.medium,
      high_threshold: thresholds.high,
    },
    flags: {
      auth_required: (flags & 1) !== 0,
      auth_revocable: (flags & 2) !== 0,
      auth_immutable: (flags & 4) !== 0,
      auth_clawback_enabled: (flags & 8) !== 0,
    },
    balances: [...state.trustlines(id).map(lineRecord), nativeRecord(account)],
    signers: [...account.signers.map(signerRecord), { weight: thresholds.master, key: id, type: 'ed25519_public_key' }],
    data: Object.fromEntries(state.allData(id).map(({ name, value }) => [name, Buffer.from(value).toString('base64')])),
    num_sponsoring: account.sponsoring,
    num_sponsored: account.sponsored,
    ...(account.sponsor ? { sponsor: account.sponsor } : {}),
    paging_token: id,
  }
}

const lineRecord = (line: Trustline) => ({
  balance: decimal(line.balance),
  limit: decimal(line.limit),
  buying_liabilities: nothing,
  selling_liabilities: nothing,
  ...(line.sponsor ? { sponsor: line.sponsor } : {}),
  last_modified_ledger: line.lastModified,
  is_authorized: (line.flags & 1) !== 0,
  is_authorized_to_maintain_liabilities: (line.flags & 3) !== 0,
  ...(line.flags & 4 ? { is_clawback_enabled: true } : {}),
  ...assetFields(line.asset),
})

const nativeRecord = ({ balance }: Account) => ({
  balance: decimal(balance),
  buying_liabilities: nothing,
  selling_liabilities: nothing,
  asset_type: 'native',
})

const signerTypes = {
  ed25519: 'ed25519_public_key',
  preAuthTx: 'preauth_tx',
  hashX: 'sha256_hash',
  signedPayload: 'ed25519_signed_payload',
} as const satisfies Record<Signer['key']['type'], string>

const signerRecord = ({ key, weight, sponsor }: Signer) => ({
  weight,
  key: key.address,
  type: signerTypes[key.type],
  ...(sponsor ? { sponsor } : {}),
})
