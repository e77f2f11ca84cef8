import { startWorld } from './local/world.ts'

const ports = { api: 8080, evm: 8545, stellar: 8000, bank: 8090, postgres: 5433 }

const say = (text = '') => process.stdout.write(`${text}\n`)
const startedMs = performance.now()
say('Starting Causeway …')

let stopping = false
const world = startWorld({
  ports,
  blockMs: 1_000,
  stellarCloseMs: 1_000,
  onProgress: (step, tookMs) => say(`  ${step.padEnd(20)} ${String(tookMs).padStart(6)} ms`),
  onExit: (name, code, signal) => {
    if (stopping) return
    say(`\nThe ${name} ended by itself (${signal ?? code}). Stopping the rest.`)
    void stop(1)
  },
})
const stop = async (code: number) => {
  if (stopping) return
  stopping = true
  say('\nStopping …')
  await world.then(
    started => started.stop(),
    () => {},
  )
  process.exit(code)
}
process.on('SIGINT', () => void stop(0))
process.on('SIGTERM', () => void stop(0))

try {
  const { apiUrl, apiKey, evm, bank, contracts, databaseUrl, folder, chain, stellar } = await world
  const horizonUrl = stellar!.network.url
  const moved = Object.entries({ api: apiUrl, evm: evm.url, stellar: horizonUrl, bank: bank.url, postgres: databaseUrl })
    .filter(([name, url]) => new URL(url).port !== String(ports[name as keyof typeof ports]))
    .map(([name, url]) => `${name}: ${ports[name as keyof typeof ports]} was taken, it is on ${new URL(url).port}`)
  say(`Ready in ${((performance.now() - startedMs) / 1000).toFixed(1)} s. Ctrl-C stops everything and leaves nothing behind.`)
  for (const line of moved) say(`  ${line}`)
  say(`
  API        ${apiUrl}          reference: ${apiUrl}/docs
  EVM        ${evm.url}          escrow ${contracts.escrow}
  Stellar    ${horizonUrl}          RPC: ${horizonUrl}/rpc   friendbot: ${horizonUrl}/friendbot   faults: POST ${horizonUrl}/local/faults
  Bank       ${bank.url}          faults: POST ${bank.url}/admin/faults
  Postgres   ${databaseUrl}
  Logs       ${folder}
  API key    ${apiKey}

Your first transfer, 100.25 US dollars to an address:

curl -s ${apiUrl}/v1/transfers \\
  -H 'Authorization: Bearer ${apiKey}' \\
  -H 'Content-Type: application/json' \\
  -H "Idempotency-Key: first-$(date +%s)" \\
  -d '{"source":{"type":"bank_account","rail":"ach","name":"Ada Lovelace","accountNumber":"1234567890","routingNumber":"021000021"},
       "destination":{"type":"chain_address","chain":"${chain}","asset":"USDC","address":"0x90F79bf6EB2c4f870365E785982E1f101E93b906"},
       "amount":{"value":"100.25","asset":"USD"}}'
`)
} catch (error) {
  if (!stopping) {
    say(`\nThe world did not start: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
