import { join } from 'node:path'
import { startChild } from './child.ts'
import { freePort } from './ports.ts'
import { localPassphrase } from './stellar/passphrase.ts'
import type { StellarServerSettings } from './stellar/server.ts'

export type LocalStellarOptions = {
  readonly port?: number
  /** Ms between ledgers; 1,000 when absent. 0: by hand only (`POST /local/close`). */
  readonly closeMs?: number
  readonly passphrase?: string
  /** How long `POST /transactions` waits; 30 s when absent. */
  readonly submissionTimeoutMs?: number
  readonly onExit?: (code: number | null, signal: NodeJS.Signals | null) => void
}

export type LocalStellar = {
  /** Horizon; the controls of the local world are under `/local`. */
  readonly url: string
  readonly rpcUrl: string
  readonly friendbotUrl: string
  readonly passphrase: string
  readonly alive: () => boolean
  readonly stop: () => Promise<void>
  /** For tests of a network that dies; started again on the same folder it goes on with the same ledgers. */
  readonly kill: () => Promise<void>
}

/** A Stellar network as a process of its own, with its journal under the folder. */
export const startStellar = async (folder: string, options: LocalStellarOptions = {}): Promise<LocalStellar> => {
  const { closeMs, submissionTimeoutMs, passphrase = localPassphrase } = options
  const port = await freePort(options.port)
  const settings: StellarServerSettings = {
    folder: join(folder, 'stellar'),
    port,
    passphrase,
    ...(closeMs === undefined ? {} : { closeMs }),
    ...(submissionTimeoutMs === undefined ? {} : { submissionTimeoutMs }),
  }
  const child = await startChild({
    name: 'stellar',
    script: 'scripts/local/stellar-process.ts',
    args: [JSON.stringify(settings)],
    logFile: join(folder, 'stellar.log'),
    ...(options.onExit ? { onExit: options.onExit } : {}),
  })
  const url = String(child.ready.url)
  return {
    url,
    rpcUrl: `${url}/rpc`,
    friendbotUrl: `${url}/friendbot`,
    passphrase,
    alive: child.alive,
    stop: child.stop,
    kill: () => child.kill('SIGKILL'),
  }
}
