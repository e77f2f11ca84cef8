import { join } from 'node:path'
import { startChild } from './child.ts'
import { freePort } from './ports.ts'
import { localPassphrase } from './stellar/passphrase.ts'

export type LocalStellarOptions = {
  readonly port?: number
  /** Ms between ledgers; 1,000 when absent. 0: by hand only (`POST /local/close`). */
  readonly closeMs?: number
  readonly passphrase?: string
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
  const passphrase = options.passphrase ?? localPassphrase
  const port = await freePort(options.port)
  const child = await startChild({
    name: 'stellar',
    script: 'scripts/local/stellar-process.ts',
    args: [join(folder, 'stellar'), String(port), String(options.closeMs ?? 1_000), passphrase],
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
