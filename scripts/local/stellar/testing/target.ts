import { Horizon } from '@stellar/stellar-sdk'
import { serveStellar } from '../server.ts'

const oldEnough = 5

/** A network to test against: a real one (a quickstart) when the environment names it, else a local one that closes 20 ledgers a second. */
export const openTarget = async () => {
  const { STELLAR_HORIZON_URL: url, STELLAR_PASSPHRASE: passphrase } = process.env
  if (url && passphrase) return targetOf(url, passphrase, true, async () => {})
  const server = await serveStellar({ closeMs: 50 })
  // A network that has just begun has no history to page through.
  while (server.node.network().last().sequence < oldEnough) await new Promise(resolve => setTimeout(resolve, 10))
  return targetOf(server.url, server.node.passphrase, false, server.close)
}

const targetOf = (url: string, passphrase: string, isReal: boolean, close: () => Promise<void>) => ({
  url,
  rpcUrl: `${url}/rpc`,
  passphrase,
  isReal,
  horizon: new Horizon.Server(url, { allowHttp: true }),
  close,
})

export type Target = Awaited<ReturnType<typeof openTarget>>
