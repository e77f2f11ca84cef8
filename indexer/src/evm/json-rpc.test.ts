import { createServer, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { type JsonRpcOptions, jsonRpc } from './json-rpc.ts'
import { evmNode } from './node.ts'

type Call = { id: number; method: string; params: unknown[] }

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** A node that answers as it is told, and remembers what came in one request. */
const serve = async (
  answer: (asked: Call | Call[], response: ServerResponse, request: number) => unknown,
  over: Partial<JsonRpcOptions> = {},
) => {
  const requests: (Call | Call[])[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push(JSON.parse(body))
    const said = answer(JSON.parse(body), response, requests.length)
    if (said !== undefined) response.end(JSON.stringify(said))
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as { port: number }
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://user:secret@127.0.0.1:${port}/v3/key`
  const rpc = jsonRpc({ url, timeoutMs: 500, batchSize: 3, connections: 2, ...over })
  return { rpc, requests, port }
}
const ok = ({ id, method }: Call) => ({ jsonrpc: '2.0', id, result: method })
const calls = (...methods: string[]) => methods.map(method => ({ method, params: [] }))
const results = (...methods: string[]) => methods.map(result => ({ result }))

describe('batches', () => {
  test('travel together up to their size, and are answered in their order whatever the order of the answers', async () => {
    const { rpc, requests } = await serve(asked => [asked].flat().map(ok).reverse())
    expect(await rpc.ask(calls('a', 'b', 'c', 'd', 'e'))).toEqual(results('a', 'b', 'c', 'd', 'e'))
    expect(requests.map(asked => [asked].flat().length).sort()).toEqual([2, 3])
    expect(await rpc.ask([])).toEqual([])
  })

  test('a node that takes none is asked one by one from then on', async () => {
    const { rpc, requests } = await serve(asked =>
      Array.isArray(asked) ? { id: null, error: { code: -32600, message: 'no batches' } } : ok(asked),
    )
    expect(await rpc.ask(calls('a', 'b'))).toEqual(results('a', 'b'))
    expect(await rpc.ask(calls('c', 'd'))).toEqual(results('c', 'd'))
    expect(requests.filter(Array.isArray)).toHaveLength(1)
  })

  test('an answer that is missing is silence, not an empty answer', async () => {
    const { rpc } = await serve(asked => [asked].flat().slice(1).map(ok))
    await expect(rpc.ask(calls('a', 'b'))).rejects.toMatchObject({ code: 'rpc_silent' })
  })
})

describe('a node that is unwell', () => {
  test('a refusal is an answer, with its code', async () => {
    const { rpc } = await serve(asked => ({ id: (asked as Call).id, error: { code: -32000, message: 'unknown block' } }))
    expect(await rpc.ask(calls('a'))).toEqual([{ refusal: { code: -32000, message: 'unknown block' } }])
  })

  test('asks for rest: gets it, and is not asked meanwhile', async () => {
    const { rpc, requests } = await serve((_, response) => void response.writeHead(429, { 'retry-after': '30' }).end())
    await expect(rpc.ask(calls('a'))).rejects.toMatchObject({ code: 'rpc_limited' })
    await expect(rpc.ask(calls('a'))).rejects.toMatchObject({ code: 'rpc_limited' })
    expect(requests).toHaveLength(1)
    expect(rpc.limitedUntilMs()).toBeGreaterThan(Date.now() + 25_000)
  })

  test('asks for rest by an error of JSON-RPC, which a range that is too wide is not', async () => {
    const { rpc } = await serve(asked => ({
      id: (asked as Call).id,
      error: { code: -32005, message: 'daily request limit exceeded' },
    }))
    await expect(rpc.ask(calls('a'))).rejects.toMatchObject({ code: 'rpc_limited' })
    const wide = await serve(asked => ({
      id: (asked as Call).id,
      error: { code: -32005, message: 'query exceeds max results 10000' },
    }))
    expect(await wide.rpc.ask(calls('a'))).toMatchObject([{ refusal: { code: -32005 } }])
  })

  test('a connection that is lost is tried once more, and no oftener', async () => {
    const once = await serve((asked, response, request) => (request === 1 ? void response.destroy() : ok(asked as Call)))
    expect(await once.rpc.ask(calls('a'))).toEqual(results('a'))
    const always = await serve((_, response) => void response.destroy())
    await expect(always.rpc.ask(calls('a'))).rejects.toMatchObject({ code: 'rpc_silent' })
    expect(always.requests).toHaveLength(2)
  })

  test.each([
    ['hangs', () => undefined],
    ['stalls in the middle', (_: unknown, response: ServerResponse) => void response.write('{"id":')],
  ])('one that %s is given up in time', async (_, answer) => {
    const { rpc } = await serve(answer, { timeoutMs: 100 })
    await expect(rpc.ask(calls('a'))).rejects.toMatchObject({ code: 'rpc_silent' })
    expect(rpc.counts).toMatchObject({ requests: 1, failures: 1 })
  })

  test.each([
    ['half a text', (_: unknown, response: ServerResponse) => void response.end('{"id":')],
    ['something else', () => 'hello'],
    ['an error of its server', (_: unknown, response: ServerResponse) => void response.writeHead(503).end('{}')],
  ])('%s is silence', async (_, answer) => {
    const { rpc } = await serve(answer)
    await expect(rpc.ask(calls('a'))).rejects.toMatchObject({ code: 'rpc_silent' })
  })

  test('no more requests a second than it was granted', async () => {
    const { rpc } = await serve(asked => ok(asked as Call), { requestsPerSecond: 50 })
    const startedMs = performance.now()
    for (let i = 0; i < 6; i++) await rpc.ask(calls('a'))
    expect(performance.now() - startedMs).toBeGreaterThan(95)
  })

  test('is named by its host: neither name nor error shows what is secret in its URL', async () => {
    const { rpc, port } = await serve((_, response) => void response.writeHead(503).end())
    const error = await rpc.ask(calls('a')).catch(error => error)
    expect(rpc.name).toBe(`127.0.0.1:${port}`)
    expect(JSON.stringify([error.message, error.details])).not.toMatch(/secret|key/)
  })
})

describe('what a node says is not taken on trust', () => {
  const escrow = `0x${'ee'.repeat(20)}`
  const hash = `0x${'ab'.repeat(32)}` as const
  const log = {
    address: escrow,
    topics: [hash],
    data: '0x',
    blockHash: hash,
    blockNumber: '0x5',
    transactionHash: hash,
    logIndex: '0x0',
  }
  const logsOf = async (over: object) => {
    const { rpc } = await serve(asked => ({ id: (asked as Call).id, result: [{ ...log, ...over }] }))
    return evmNode(rpc, escrow).logsOf([{ number: 5n, hash }])
  }

  test.each([
    ['of another contract', { address: `0x${'dd'.repeat(20)}` }],
    ['of another block', { blockHash: `0x${'cd'.repeat(32)}` }],
    ['that was removed', { removed: true }],
    ['that is pending', { blockHash: null, blockNumber: null }],
    ['without a number', { logIndex: '12' }],
  ])('a log %s', async (_, over) => {
    await expect(logsOf(over)).rejects.toMatchObject({ code: 'node_inconsistent' })
    expect(await logsOf({})).toHaveLength(1)
  })

  test('blocks of other numbers than were asked for', async () => {
    const block = { number: '0x7', hash, parentHash: hash, timestamp: '0x1', logsBloom: `0x${'0'.repeat(512)}` }
    const { rpc } = await serve(asked => ({ id: (asked as Call).id, result: block }))
    await expect(evmNode(rpc, escrow).headers(6n, 6n)).rejects.toMatchObject({ code: 'node_inconsistent' })
    expect(await evmNode(rpc, escrow).headers(7n, 7n)).toMatchObject([{ number: 7n, time: 1n }])
  })

  test('receipts one by one where the node has no call for all of a block', async () => {
    const { rpc, requests } = await serve(asked => {
      const answers = [asked].flat().map(({ id, method }) => {
        if (method === 'eth_getBlockReceipts') return { id, error: { code: -32601, message: 'no such method' } }
        return { id, result: method === 'eth_getBlockByHash' ? { transactions: [hash, hash] } : { blockHash: hash, logs: [log] } }
      })
      return Array.isArray(asked) ? answers : answers[0]
    })
    expect(await evmNode(rpc, escrow).receiptLogs({ number: 5n, hash })).toHaveLength(2)
    expect(requests.flat().map(({ method }) => method)).toEqual([
      ...['eth_getBlockReceipts', 'eth_getBlockByHash', 'eth_getTransactionReceipt', 'eth_getTransactionReceipt'],
    ])
  })
})
