import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { apiClient } from '../../scripts/local/api-client.ts'
import { repository } from '../../scripts/local/child.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { startWorld, type World } from '../../scripts/local/world.ts'
import { until } from '../support/until.ts'

const cleanUps: (() => Promise<unknown> | unknown)[] = []

beforeAll(compileContracts)
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const world = async (options: Parameters<typeof startWorld>[0] = {}): Promise<World> => {
  const started = await startWorld(options)
  cleanUps.push(started.stop)
  return started
}
type ChainView = { readonly id: string; readonly nodes: readonly { readonly standing: string }[] }

const portOf = (url: string) => Number(new URL(url).port)
const portsOf = ({ apiUrl, indexerUrl, evm, bank, databaseUrl }: World) =>
  [apiUrl, indexerUrl, evm.url, bank.url, databaseUrl].map(portOf)

/** Takes the port for a moment; false when somebody else has it. */
const isFree = (port: number) =>
  new Promise<boolean>(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
const areFree = async (ports: readonly number[]) => (await Promise.all(ports.map(isFree))).every(Boolean)

describe('a world', () => {
  it('stands beside another, takes other ports than those that are taken, and leaves nothing', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1')
    cleanUps.push(() => taken.close())
    await until('a port', () => taken.address() !== null)
    const { port } = taken.address() as { port: number }
    const [first, second] = await Promise.all([world(), world({ ports: { api: port, bank: port } })])
    const ports = [...portsOf(first), ...portsOf(second)]
    expect(new Set([...ports, port]).size).toBe(11)
    for (const { apiUrl } of [first, second]) expect((await fetch(`${apiUrl}/health/live`)).status).toBe(200)
    const chains = await until('the chain is followed with a good node', async () => {
      const { body } = await apiClient(first.apiUrl, first.apiKey).call<{ data: ChainView[] }>('GET', '/v1/chains')
      return body.data[0]?.nodes.some(({ standing }) => standing === 'good') ? body.data : undefined
    })
    expect(chains).toMatchObject([
      { id: 'evm:31337', state: 'following', halt: null, alarm: null, nodes: [{ standing: 'good' }] },
    ])

    await first.stop()
    expect(existsSync(first.folder)).toBe(false)
    expect(await areFree(portsOf(first))).toBe(true)
    expect((await fetch(`${second.apiUrl}/health/live`)).status).toBe(200)
    await second.stop()
    expect(existsSync(second.folder)).toBe(false)
    expect(await areFree(portsOf(second))).toBe(true)
  })
})

type Dev = { readonly process: ChildProcess; readonly urls: string[]; readonly folder: string }

/** `npm run dev` as a developer starts it. Where its ports are taken, it says which it took. */
const dev = async (): Promise<Dev> => {
  const child = spawn(process.execPath, ['scripts/dev.ts'], { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] })
  cleanUps.push(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      said += chunk
    })
  await until(
    'the world to be ready',
    () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${said}`)
      return said.includes('Your first transfer')
    },
    60_000,
  ).catch(error => {
    throw new Error(`${error}\n${said}`)
  })
  const after = (name: string) => new RegExp(`^  ${name} +(\\w+:/\\S+|/\\S+)`, 'm').exec(said)![1]!
  return { process: child, urls: ['API', 'EVM', 'Bank', 'Postgres'].map(after), folder: after('Logs') }
}

/** All processes that descend from one, by /proc. */
const descendantsOf = (pid: number): number[] => {
  const parents = globSync('/proc/[0-9]*/stat').flatMap(file => {
    try {
      const [, id, parent] = /^(\d+) \(.*\) \S (\d+)/s.exec(readFileSync(file, 'utf8'))!
      return [[Number(id), Number(parent)] as const]
    } catch {
      return [] // it has ended meanwhile
    }
  })
  const children = parents.filter(([, parent]) => parent === pid).map(([id]) => id)
  return [...children, ...children.flatMap(descendantsOf)]
}
const isAlive = (pid: number) => {
  try {
    // One that has ended and waits for its parent's look is no process any more.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe.skipIf(process.platform !== 'linux')('npm run dev', () => {
  it.each([
    ['Ctrl-C', 'SIGINT', true],
    ['a polite end', 'SIGTERM', true],
    ['kill -9', 'SIGKILL', false],
  ] as const)('leaves no process, port or folder after %s', async (_how, signal, tidiesUp) => {
    const { process: started, urls, folder } = await dev()
    const processes = descendantsOf(started.pid!)
    // The world's six, and Postgres' own.
    expect(processes.length).toBeGreaterThan(6)
    expect(existsSync(folder)).toBe(true)
    started.kill(signal)
    await until('all processes to end', () => !processes.some(isAlive), 20_000)
    await until('all ports to be free', () => areFree(urls.map(portOf)), 5_000)
    if (!tidiesUp) await (await world()).stop() // nobody is left to remove the folder: the next world does
    await until('the folder to go', () => !existsSync(folder), 5_000)
  })
})
