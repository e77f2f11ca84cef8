import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'

export type Anvil = { readonly url: string; readonly stop: () => Promise<void> }

/** The anvil of the optional dependency, else the one on the PATH; undefined where this machine has neither. */
export const findAnvil = (): string | undefined => {
  const packaged = packagedAnvil()
  const onPath = (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, 'anvil'))
  return [...(packaged ? [packaged] : []), ...onPath].find(isExecutable)
}

const packagedAnvil = (): string | undefined => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/package.json')), 'bin', 'anvil')
  } catch {
    return undefined
  }
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

// Ends with its standard input, so that it does not outlive us, however we end.
const untilInputEnds = '"$0" "$@" & node=$!; cat >/dev/null; kill $node; wait $node'

/**
 * An anvil on a free port of loopback that mines on demand only. Equal options and equal calls give equal blocks, down to the hash: its
 * clock is set, and moves by one second a block.
 */
export const startAnvil = (
  anvil: string,
  options: { chainId: number; timestamp: number; slotsInAnEpoch: number },
): Promise<Anvil> =>
  new Promise((resolve, reject) => {
    const args = [
      ...['--port', '0', '--host', '127.0.0.1', '--no-mining', '--order', 'fifo', '--chain-id', String(options.chainId)],
      ...['--timestamp', String(options.timestamp), '--slots-in-an-epoch', String(options.slotsInAnEpoch)],
    ]
    const child = spawn('sh', ['-c', untilInputEnds, anvil, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    const gone = new Promise<void>(done => child.once('exit', () => done()))
    let said = ''
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000)
      const url = /Listening on (\S+)/.exec(said)?.[1]
      if (url === undefined) return
      child.stdout.off('data', hear).resume()
      resolve({
        url: `http://${url}`,
        stop: async () => {
          child.stdin.end()
          await gone
        },
      })
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000)
    })
    child.stdin.on('error', () => {})
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`anvil ended (${code}) before it listened:\n${said}`)))
  })
