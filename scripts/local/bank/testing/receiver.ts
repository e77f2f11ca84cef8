import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = {
  readonly id: string
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  readonly body: {
    type: string
    timestamp: string
    data: { id: string; externalId: string; status: string; returnCode?: string }
  }
}

/** A customer's webhook endpoint that keeps what it gets and answers as it is told. */
export const openReceiver = async () => {
  const received: Received[] = []
  let answer: (message: Received) => number = () => 204
  const server = createServer((request, response) => {
    let raw = ''
    request.setEncoding('utf8')
    request.on('data', chunk => {
      raw += chunk
    })
    request.on('end', () => {
      const message = { id: String(request.headers['webhook-id']), headers: request.headers, raw, body: JSON.parse(raw) }
      received.push(message)
      response.writeHead(answer(message)).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/bank`,
    received,
    of: (externalId: string) => received.filter(message => message.body.data.externalId === externalId),
    answerWith: (next: (message: Received) => number) => {
      answer = next
    },
    close: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
