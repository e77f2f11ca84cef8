import { createServer } from 'node:net'

/** The wanted port when it is free on loopback, else one that the system picks. */
export const freePort = async (wanted = 0): Promise<number> => (await bind(wanted)) ?? (await bind(0)) ?? fail()

const bind = (port: number) =>
  new Promise<number | undefined>(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })

const fail = (): never => {
  throw new Error('no free port on 127.0.0.1')
}
