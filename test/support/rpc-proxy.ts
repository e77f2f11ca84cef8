import { createServer, type IncomingMessage } from 'node:http'

/**
 * What happens to a request: `answerLost` reaches the node, `requestLost` does not, and the caller hears nothing of either; `cut` is half
 * an answer; `limited` is HTTP 429.
 */
export type RpcFault = 'answerLost' | 'requestLost' | 'cut' | 'limited' | undefined

export type RpcCall = { readonly id: number | string; readonly method: string; readonly params: readonly unknown[] }

export type RpcAnswer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } }

/** Gets what the node answered and gives what the caller hears. */
export type Lie = (call: RpcCall, result: unknown) => unknown

export type RpcProxy = {
  readonly url: string
  /** Asked for every request, of a batch with its first method; may wait. */
  fault: (method: string) => RpcFault | Promise<RpcFault>
  /** Answers in the node's place, which then is not asked; undefined leaves the call to the node. */
  inPlace: (call: RpcCall) => RpcAnswer | undefined
  lie: Lie
  /** The bytes of every `eth_sendRawTransaction`, in the order of arrival. */
  readonly broadcasts: string[]
  readonly stop: () => Promise<void>
}

/** Stands between a client and its node, on loopback: loses what it is told to lose, and says what it is told to say. */
export const startRpcProxy = async (target: string): Promise<RpcProxy> => {
  const broadcasts: string[] = []

  const ask = async (calls: readonly RpcCall[]): Promise<Map<RpcCall['id'], RpcAnswer>> => {
    const said = new Map<RpcCall['id'], RpcAnswer>()
    for (const call of calls) {
      const answer = proxy.inPlace(call)
      if (answer) said.set(call.id, answer)
    }
    const left = calls.filter(({ id }) => !said.has(id))
    if (left.length === 0) return said
    const body = JSON.stringify(left.map(call => ({ jsonrpc: '2.0', ...call })))
    const response = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const answers = new Map(((await response.json()) as (RpcAnswer & { id: RpcCall['id'] })[]).map(one => [one.id, one]))
    for (const call of left) {
      const answer = answers.get(call.id)!
      said.set(call.id, 'result' in answer ? { result: proxy.lie(call, answer.result) } : { error: answer.error })
    }
    return said
  }

  const server = createServer(async (request, response) => {
    try {
      const asked: RpcCall | RpcCall[] = JSON.parse(await read(request))
      const calls = [asked].flat()
      for (const { method, params } of calls) if (method === 'eth_sendRawTransaction') broadcasts.push(String(params[0]))
      const fault = await proxy.fault(calls[0]!.method)
      if (fault === 'requestLost') return response.destroy()
      if (fault === 'limited') return response.writeHead(429).end()
      const answers = await ask(calls)
      if (fault === 'answerLost') return response.destroy()
      const replies = calls.map(({ id }) => ({ jsonrpc: '2.0', id, ...answers.get(id) }))
      const text = JSON.stringify(Array.isArray(asked) ? replies : replies[0])
      if (fault === 'cut') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length })
        response.write(text.slice(0, text.length / 2))
        return response.destroy()
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    } catch {
      response.destroy() // the node is gone, or the caller
    }
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the proxy has no port')
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${address.port}`,
    fault: () => undefined,
    inPlace: () => undefined,
    lie: (_, result) => result,
    broadcasts,
    stop: async () => {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
  return proxy
}

const read = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}
