import { type StellarServerSettings, serveStellar } from './stellar/server.ts'

// A Stellar network as a process of its own: Horizon, friendbot and Stellar RPC over HTTP on loopback.
const [settings] = process.argv.slice(2)
if (!settings) throw new Error('usage: stellar-process.ts SETTINGS (JSON)')

const stellar = await serveStellar(JSON.parse(settings) as StellarServerSettings)

const stop = async () => {
  await stellar.close()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
process.send?.({ ready: true, url: stellar.url })
