import type { xdr } from '@stellar/stellar-sdk/base'
import { accountMerge } from './account-merge.ts'
import { beginSponsoringFutureReserves } from './begin-sponsoring-future-reserves.ts'
import { bumpSequence } from './bump-sequence.ts'
import { changeTrust } from './change-trust.ts'
import { claimClaimableBalance } from './claim-claimable-balance.ts'
import { clawback } from './clawback.ts'
import { clawbackClaimableBalance } from './clawback-claimable-balance.ts'
import { createAccount } from './create-account.ts'
import { createClaimableBalance } from './create-claimable-balance.ts'
import { endSponsoringFutureReserves } from './end-sponsoring-future-reserves.ts'
import { manageData } from './manage-data.ts'
import type { OperationRules } from './operation.ts'
import { payment } from './payment.ts'
import { revokeSponsorship } from './revoke-sponsorship.ts'
import { setOptions } from './set-options.ts'
import { setTrustLineFlags } from './set-trust-line-flags.ts'
import { unsupported } from './unsupported.ts'

/** The operations that this ledger knows. */
const supported = {
  createAccount,
  payment,
  setOptions,
  changeTrust,
  accountMerge,
  manageData,
  bumpSequence,
  createClaimableBalance,
  claimClaimableBalance,
  beginSponsoringFutureReserves,
  endSponsoringFutureReserves,
  revokeSponsorship,
  clawback,
  clawbackClaimableBalance,
  setTrustLineFlags,
} satisfies Partial<Record<xdr.OperationBody['type'], OperationRules>>

const rules: Partial<Record<string, OperationRules>> = supported

export const rulesOf = (type: string): OperationRules => rules[type] ?? unsupported

export const isSupported = (type: string): boolean => rules[type] !== undefined
