import type { Currency } from '../../money/currency.ts'
import type { ChainId } from '../chain.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { FeePolicy } from './fees.ts'
import type { Notice } from './notice.ts'

export type SenderConfig = {
  /** `stellar:testnet` (CAIP-2). */
  readonly id: ChainId
  readonly passphrase: string
  /** `decimals`: what the issuer divides its token into, seven where nothing is said. */
  readonly assets: Partial<
    Record<Currency, { readonly code: string; readonly issuer: string; readonly decimals?: number | undefined }>
  >
  readonly fees: FeePolicy
  /** Seconds of ledger time that a transaction is valid for, and a channel is taken at most when nothing comes of it. */
  readonly submissionSec: number
  /** Seconds from a release's hold deadline on, or from the release if that is later, that a customer has to fetch a delivery. */
  readonly deliverySec: number
  /** Closed ledgers without it after which a transaction is bid for again. */
  readonly bumpAfterLedgers: number
  /** How long a channel stays with a worker that no longer answers; longer than a turn of `tend` takes. */
  readonly leaseMs: number
  readonly notify?: (notice: Notice) => void
  /** Called between effects; tests freeze or end a worker there. */
  readonly checkpoint?: Checkpoint
}

/** Accounts are G…, keys are S…; each key must be the account's of the same name. */
export type StellarConfig = SenderConfig & {
  readonly horizonUrl: string
  readonly requestTimeoutMs?: number
  readonly accounts: {
    /** Holds the inventory, and is the one that claims before a hold's deadline. */
    readonly treasury: string
    /** Claims from the deadline on. */
    readonly cold: string
    /** Carries the reserves of the balances that we create, and the fees of fee bumps; the treasury where there is none. */
    readonly sponsor?: string | undefined
    /** Of what we mint. */
    readonly issuer?: string | undefined
    readonly channels: readonly string[]
  }
  readonly keys: {
    readonly treasury: string
    /** Without it what is refunded from the deadline on waits for whoever holds it. */
    readonly cold?: string | undefined
    readonly sponsor?: string | undefined
    readonly issuer?: string | undefined
    readonly channels: readonly string[]
  }
}
