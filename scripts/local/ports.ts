import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the range that systems take for outgoing connections (32768 on Linux, 49152 elsewhere): a port from there that is free now can
// be somebody's connection by the time that it is listened on.
const [lowest, highest] = [20_000, 32_000]
const attempts = 200
const given = new Set<number>()

/** The wanted port when it is free on loopback, else another one, which nobody else in this process gets. */
export const freePort = async (wanted?: number): Promise<number> => {
  const candidates = Array.from({ length: attempts }, () => randomInt(lowest, highest))
  for (const port of wanted === undefined ? candidates : [wanted, ...candidates]) {
    if (port !== wanted && given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error('no free port on 127.0.0.1')
}

const isFree = (port: number) =>
  new Promise<boolean>(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
