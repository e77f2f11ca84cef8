import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { http } from 'viem'
import type { Chain } from '../chain.ts'
import type { EvmConfig } from './config.ts'
import { localKeys } from './keys.ts'
import { nonceLanes } from './lanes.ts'
import { evmRpc } from './rpc.ts'
import { evmSender } from './sender.ts'
import { txStore } from './tx-store.ts'

/** A sender whose transactions are kept in our database, with a node behind a URL and keys of its own. Throws `config_invalid`. */
export const evmChain = (config: EvmConfig, pool: Pool): Chain =>
  evmSender(config, {
    store: txStore(pool, config.id),
    lanes: nonceLanes(pool, config.id, randomUUID()),
    rpc: evmRpc(http(config.rpcUrl, { retryCount: 0, timeout: config.rpcTimeoutMs ?? 10_000 })),
    keys: localKeys(config),
  })
