import { createServer, type IncomingMessage } from 'node:http'

/** What happens to a request: `answerLost` reaches the node, `requestLost` does not; the caller hears nothing of either. */
type RpcFault = 'answerLost' | 'requestLost' | undefined

export type RpcProxy = {
  readonly url: string
  /** Asked for every request; may wait. */
  fault: (method: string) => RpcFault | Promise<RpcFault>
  /** The bytes of every `eth_sendRawTransaction`, in the order of arrival. */
  readonly broadcasts: string[]
  readonly stop: () => Promise<void>
}

/** Stands between a client and its node, on loopback, and loses what it is told to lose. */
export const startRpcProxy = async (target: string): Promise<RpcProxy> => {
  const broadcasts: string[] = []
  const server = createServer(async (request, response) => {
    const body = await read(request)
    const { method, params } = JSON.parse(body) as { method: string; params: string[] }
    if (method === 'eth_sendRawTransaction') broadcasts.push(params[0]!)
    const fault = await proxy.fault(method)
    if (fault === 'requestLost') return response.destroy()
    const answer = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const text = await answer.text()
    if (fault === 'answerLost') return response.destroy()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the proxy has no port')
  const proxy: RpcProxy = {
    url: `http://127.0.0.1:${address.port}`,
    fault: () => undefined,
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
