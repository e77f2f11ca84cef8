import { join } from 'node:path'
import { startChild } from './child.ts'
import { freePort } from './ports.ts'

export const localChainId = 31_337

export type LocalEvm = {
  readonly url: string
  readonly chainId: number
  readonly stop: () => Promise<void>
}

/**
 * A fresh EVM chain on loopback that forgets everything when it stops. `blockMs` is the time between blocks, which keep coming when
 * nothing happens; with 0 a block is mined on demand only (`evm_mine`), and a transaction waits for it.
 */
export const startEvm = async (folder: string, options: { port?: number; blockMs: number }): Promise<LocalEvm> => {
  const port = await freePort(options.port)
  const child = await startChild({
    name: 'evm',
    script: 'scripts/local/evm-process.ts',
    args: [String(port), String(options.blockMs)],
    logFile: join(folder, 'evm.log'),
  })
  return { url: String(child.ready.url), chainId: localChainId, stop: child.stop }
}
