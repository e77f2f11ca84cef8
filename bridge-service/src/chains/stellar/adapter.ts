import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { channelLeases } from './channels.ts'
import type { StellarConfig } from './config.ts'
import { horizonClient } from './horizon.ts'
import { stellarAccounts } from './keys.ts'
import { type StellarSender, stellarSender } from './sender.ts'
import { settleByHand, type Told } from './settle.ts'
import { txStore } from './tx-store.ts'

/** What this chain can beside the port. */
export type StellarChain = StellarSender & {
  /** A person's word about what the ledger's history can no longer tell. */
  readonly settleByHand: (key: string, told: Told) => Promise<void>
}

/** A sender that keeps its transactions in Postgres, with keys of its own, and asks Horizon at one address. Throws `config_invalid`. */
export const stellarChain = (config: StellarConfig, pool: Pool): StellarChain => {
  const accounts = stellarAccounts(config)
  const horizon = horizonClient(config.horizonUrl, config.requestTimeoutMs ?? 10_000)
  const channels = channelLeases(pool, config.id, randomUUID(), accounts.channels)
  return {
    ...stellarSender(config, { store: txStore(pool, config.id), channels, horizon, accounts }),
    settleByHand: async (key, told) => settleByHand(pool, config.id, key, (await horizon.watermark()).closeTime, told),
  }
}
