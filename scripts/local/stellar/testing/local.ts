import { Horizon } from '@stellar/stellar-sdk'
import { type StellarServerSettings, serveStellar } from '../server.ts'
import { walletOf } from './wallet.ts'

/** A local network with a wallet; its ledgers close by hand, or every so many ms. */
export const openLocal = async (settings: StellarServerSettings = {}) => {
  const server = await serveStellar({ closeMs: 0, ...settings })
  const horizon = new Horizon.Server(server.url, { allowHttp: true })
  const wallet = walletOf({ url: server.url, passphrase: server.node.passphrase, horizon })
  return {
    ...server,
    horizon,
    wallet,
    /** Closes ledgers until the work is done. */
    closeUntil: async <T>(work: Promise<T>): Promise<T> => {
      let done = false
      const finish = () => {
        done = true
      }
      work.then(finish, finish)
      for (let tries = 0; !done && tries < 1_000; tries++) {
        await new Promise(resolve => setTimeout(resolve, 5))
        if (!done && server.node.network().pending().length > 0) server.node.close()
      }
      return work
    },
    get: async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(`${server.url}${path}`, { headers })
      // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any }
    },
  }
}

export type Local = Awaited<ReturnType<typeof openLocal>>
