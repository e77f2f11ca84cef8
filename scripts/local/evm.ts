import { join } from 'node:path'
import { startChild } from './child.ts'
import { freePort } from './ports.ts'

export const localChainId = 31_337

export type LocalEvm = {
  readonly url: string
  readonly chainId: number
  readonly stop: () => Promise<void>
}

export type LocalEvmOptions = {
  readonly port?: number
  readonly blockMs: number
  /** `localChainId` when absent; of a second chain another one. */
  readonly chainId?: number
}

/**
 * A fresh EVM chain on loopback that forgets everything when it stops. `blockMs` is the time between blocks, which keep coming when
 * nothing happens; with 0 a block is mined on demand only (`evm_mine`), and a transaction waits for it.
 */
export const startEvm = async (folder: string, options: LocalEvmOptions): Promise<LocalEvm> => {
  const { blockMs, chainId = localChainId } = options
  const name = chainId === localChainId ? 'evm' : `evm-${chainId}`
  const port = await freePort(options.port)
  const child = await startChild({
    name,
    script: 'scripts/local/evm-process.ts',
    args: [String(port), String(blockMs), String(chainId)],
    logFile: join(folder, `${name}.log`),
  })
  return { url: String(child.ready.url), chainId, stop: child.stop }
}
