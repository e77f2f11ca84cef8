import type { Currency } from '../../money/currency.ts'
import type { HoldTerms } from '../chain.ts'
import type { Channels } from './channels.ts'
import type { CheckpointName } from './checkpoint.ts'
import type { StellarConfig } from './config.ts'
import type { LedgerHold } from './hold.ts'
import type { Horizon } from './horizon.ts'
import type { StellarAccounts } from './keys.ts'
import type { Notice } from './notice.ts'
import type { TxStore } from './tx-store.ts'

/** What planning, submitting, finding and tending share. */
export type StellarContext = {
  readonly settings: Pick<StellarConfig, 'fees' | 'submissionSec' | 'deliverySec' | 'bumpAfterLedgers' | 'leaseMs'>
  readonly passphrase: string
  readonly horizon: Horizon
  readonly store: TxStore
  readonly channels: Channels
  readonly accounts: StellarAccounts
  readonly holdOf: (terms: HoldTerms) => LedgerHold
  readonly depositOf: (terms: HoldTerms) => LedgerHold
  /** `CODE:ISSUER`. Throws `asset_unknown`. */
  readonly tokenAddress: (currency: Currency) => string
  /** What the issuer divides its token into, if less than the ledger does. */
  readonly decimalsOf: (currency: Currency) => number | undefined
  /** Throws unless Horizon serves the configured network. */
  readonly verifyNetwork: () => Promise<void>
  readonly notify: (notice: Notice) => void
  readonly checkpoint: (name: CheckpointName) => Promise<void>
}
