import { createServer, type IncomingMessage } from 'node:http'

export type RpcCall = { readonly id: number; readonly method: string; readonly params: readonly unknown[] }

type RpcAnswer = { readonly id: number; readonly result?: unknown }

/** Gets what the node answered and gives what the caller hears. */
export type Lie = (call: RpcCall, result: unknown) => unknown

/** A node that tells the truth but for one lie at a time. */
export const startLiar = async (target: string) => {
  const server = createServer(async (request, response) => {
    const body = await read(request)
    const answer = await fetch(target, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const calls: RpcCall | RpcCall[] = JSON.parse(body)
    const answers: RpcAnswer | RpcAnswer[] = JSON.parse(await answer.text())
    const lied = Array.isArray(answers)
      ? answers.map(one => lyingAbout([calls].flat().find(({ id }) => id === one.id)!, one))
      : lyingAbout(calls as RpcCall, answers)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(lied))
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as { port: number }
  const liar = {
    url: `http://127.0.0.1:${port}`,
    lie: ((_, result) => result) as Lie,
    stop: async () => {
      server.closeAllConnections()
      await new Promise(closed => server.close(closed))
    },
  }
  const lyingAbout = (call: RpcCall, answer: RpcAnswer) =>
    'result' in answer ? { ...answer, result: liar.lie(call, structuredClone(answer.result)) } : answer
  return liar
}

const read = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}
