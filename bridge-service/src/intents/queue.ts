import type { Intent } from './intent.ts'

/** An intent that this process holds until its lease ends. */
export type LeasedIntent = Intent & {
  readonly epoch: number
  /** How often it was claimed before. */
  readonly attempts: number
  /** A wish that nobody has tried is sent; one that somebody may have tried is asked about first. */
  readonly tried: boolean
  readonly createdAtMs: number
}

/** Where intents wait for whoever can execute them. */
export type IntentQueue = {
  /** Leases intents that are due: new ones of processes without an executor, unknown ones, and those whose worker is gone. */
  readonly claimIntents: (owner: string, leaseMs: number, limit: number) => Promise<readonly LeasedIntent[]>
  /**
   * Gives an intent back until `delayMs` from now. Fenced by the lease's epoch: a worker that woke up late changes nothing. Returns
   * whether the lease was still ours.
   */
  readonly postponeIntent: (
    intent: Pick<LeasedIntent, 'key' | 'epoch'>,
    status: 'PENDING' | 'IN_FLIGHT' | 'UNKNOWN',
    delayMs: number,
  ) => Promise<boolean>
}
