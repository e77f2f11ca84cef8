import { accountFields } from './account-fields.ts'
import type { HistoricOperation } from './historic-transaction.ts'
import { isoTime } from './iso-time.ts'
import type { Link } from './link.ts'
import { operationDetails } from './operation-details.ts'
import { sponsorOf } from './sponsor.ts'
import { transactionRecord } from './transaction-record.ts'

/** Horizon's `type` and `type_i`, by the ledger's name. */
const types = {
  createAccount: ['create_account', 0],
  payment: ['payment', 1],
  pathPaymentStrictReceive: ['path_payment_strict_receive', 2],
  manageSellOffer: ['manage_sell_offer', 3],
  createPassiveSellOffer: ['create_passive_sell_offer', 4],
  setOptions: ['set_options', 5],
  changeTrust: ['change_trust', 6],
  allowTrust: ['allow_trust', 7],
  accountMerge: ['account_merge', 8],
  inflation: ['inflation', 9],
  manageData: ['manage_data', 10],
  bumpSequence: ['bump_sequence', 11],
  manageBuyOffer: ['manage_buy_offer', 12],
  pathPaymentStrictSend: ['path_payment_strict_send', 13],
  createClaimableBalance: ['create_claimable_balance', 14],
  claimClaimableBalance: ['claim_claimable_balance', 15],
  beginSponsoringFutureReserves: ['begin_sponsoring_future_reserves', 16],
  endSponsoringFutureReserves: ['end_sponsoring_future_reserves', 17],
  revokeSponsorship: ['revoke_sponsorship', 18],
  clawback: ['clawback', 19],
  clawbackClaimableBalance: ['clawback_claimable_balance', 20],
  setTrustLineFlags: ['set_trust_line_flags', 21],
  liquidityPoolDeposit: ['liquidity_pool_deposit', 22],
  liquidityPoolWithdraw: ['liquidity_pool_withdraw', 23],
  invokeHostFunction: ['invoke_host_function', 24],
  extendFootprintTtl: ['extend_footprint_ttl', 25],
  restoreFootprint: ['restore_footprint', 26],
} as const satisfies Record<HistoricOperation['body']['type'], readonly [string, number]>

/** Creations, payments and merges. A claimable balance pays nobody in this sense, so `/payments` is blind to it. */
export const isPayment = ({ body }: HistoricOperation): boolean =>
  ['createAccount', 'payment', 'pathPaymentStrictReceive', 'pathPaymentStrictSend', 'accountMerge'].includes(body.type)

/** An operation as Horizon shows it. The record of a created claimable balance does not tell its id. */
export const operationRecord = (link: Link, operation: HistoricOperation, options: { joinTransaction?: boolean } = {}) => {
  const { transaction, source, body } = operation
  const { applied, ledger } = transaction
  const id = String(operation.id)
  const sponsor = sponsorOf(operation)
  const [type, type_i] = types[body.type]
  return {
    _links: {
      self: link(`/operations/${id}`),
      transaction: link(`/transactions/${applied.hash}`),
      effects: link(`/operations/${id}/effects`),
      succeeds: link(`/effects?order=desc&cursor=${id}`),
      precedes: link(`/effects?order=asc&cursor=${id}`),
    },
    id,
    paging_token: id,
    transaction_successful: applied.successful,
    ...accountFields('source_account', source),
    type,
    type_i,
    created_at: isoTime(ledger.closeTime),
    transaction_hash: applied.hash,
    ...(options.joinTransaction ? { transaction: transactionRecord(link, transaction) } : {}),
    ...(sponsor ? { sponsor } : {}),
    ...operationDetails(operation),
  }
}
