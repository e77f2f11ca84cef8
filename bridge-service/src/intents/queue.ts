import type { Intent } from './intent.ts'

/** An intent that this process holds until its lease ends. */
export type LeasedIntent = Intent & {
  readonly epoch: number
  /** How often it was claimed before. */
  readonly attempts: number
  /** How often in a row a worker took it and was never heard of again. */
  readonly abandoned: number
  /** A wish that nobody has tried is sent; one that somebody may have tried is asked about first. */
  readonly tried: boolean
  /** By database time, when it was claimed. */
  readonly ageMs: number
  /** It is only to be asked about, for so long by database time when it was claimed. */
  readonly withdrawnForMs?: number
}

/** So many workers may be lost in a row with an intent under way before it is suspected: then it is executed alone. */
export const suspectAfter = 3

/** Where intents wait for whoever can execute them. */
export type IntentQueue = {
  /**
   * Leases intents that are due: new ones of processes without an executor, unknown ones, and those whose worker is gone. Of those that have
   * lost `suspectAfter` workers in a row one at a time, so that it is seen which of them it is. Those of parked transfers wait.
   */
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
  /**
   * Whether the lease is still ours. Asked right before money is paid out: what was withdrawn meanwhile, or what somebody else has by now, must
   * not be begun.
   */
  readonly holdsIntent: (intent: Pick<LeasedIntent, 'key' | 'epoch'>) => Promise<boolean>
}
