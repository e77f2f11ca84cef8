import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Answer = (response: ServerResponse) => void

/** A rate feed on the loopback that answers as it is told to, and counts how often it was asked. */
export const startRateServer = async () => {
  let answer: Answer = response => response.writeHead(500).end()
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    answer(response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rates`,
    asked: () => asked,
    answer: (next: Answer) => {
      answer = next
    },
    /** Rates by pair, of the same time: `{ 'EUR/USDC': '1.0831' }`. */
    tell: (rates: Readonly<Record<string, string>>, asOfMs: number) => {
      const asOf = new Date(asOfMs).toISOString()
      const list = Object.entries(rates).map(([pair, rate]) => {
        const [from, to] = pair.split('/')
        return { from, to, rate, asOf }
      })
      answer = response => response.end(JSON.stringify({ rates: list }))
    },
    close: () => {
      server.closeAllConnections()
      return new Promise(resolve => server.close(resolve))
    },
  }
}
