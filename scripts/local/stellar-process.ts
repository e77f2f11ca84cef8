import { serveStellar } from './stellar/server.ts'

// A Stellar network as a process of its own: Horizon, friendbot and Stellar RPC over HTTP on loopback.
const [folder, port, closeMs, passphrase] = process.argv.slice(2)
if (!folder || !port || !closeMs || !passphrase)
  throw new Error('usage: stellar-process.ts FOLDER PORT CLOSE_MS PASSPHRASE (0 ms: ledgers only on demand)')

const stellar = await serveStellar({ folder, port: Number(port), closeMs: Number(closeMs), passphrase })

const stop = async () => {
  await stellar.close()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
process.send?.({ ready: true, url: stellar.url })
