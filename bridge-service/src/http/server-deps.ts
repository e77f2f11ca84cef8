import type { Registry } from '@prometheus-io/client'
import type { Pool } from 'pg'
import type { Chain } from '../chains/chain.ts'
import type { Config } from '../config.ts'
import type { Pauses } from '../operators/pauses.ts'
import type { RateSource } from '../policy/rates/rate-source.ts'
import type { Rail } from '../rails/rail.ts'
import type { Opened, Opening } from '../saga/open.ts'
import type { SepDeps } from './sep/sep-deps.ts'
import type { TransferTail } from './tail.ts'

export type ReadinessCheck = { readonly name: string; readonly ok: boolean; readonly detail?: string }

/** Everything that the API needs from the rest of the house. */
export type ServerDeps = {
  readonly pool: Pool
  readonly config: Pick<Config, 'policy' | 'banks' | 'chains' | 'logLevel'>
  readonly chains: ReadonlyMap<string, Chain>
  readonly rails: ReadonlyMap<string, Rail>
  /** `houseRates`. */
  readonly rates: RateSource
  /** `transferOpener`. */
  readonly opener: { readonly open: (opening: Opening) => Promise<Opened> }
  /** Feeds the streams; whoever commits steps calls its `wake`. */
  readonly tail: TransferTail
  /** Something may be waiting in the inbox. */
  readonly wakeSaga: () => void
  /** `pausesOf`. */
  readonly pauses: Pauses
  readonly readiness: () => Promise<readonly ReadinessCheck[]>
  readonly registry: Registry
  /** Database time, in milliseconds since the epoch. */
  readonly nowMs: () => number
  /** A UUIDv7: ids made of it sort by time. */
  readonly newUuid: () => string
  /** Stellar wallets are served when it is there. */
  readonly sep?: SepDeps | undefined
  /** Between two comments that keep a silent stream open. Default 15 s. */
  readonly heartbeatMs?: number
}
