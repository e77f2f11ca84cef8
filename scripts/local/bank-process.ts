import { serveBank } from './bank/server.ts'

// The bank is a process of its own, as the real one is another company: it can be killed, and it shares no memory with the service.
const [folder, port] = process.argv.slice(2)
if (!folder || !port) throw new Error('usage: bank-process.ts FOLDER PORT')

const { BANK_API_KEY, BANK_WEBHOOK_URL, BANK_WEBHOOK_SECRET } = process.env
if (!BANK_API_KEY || !BANK_WEBHOOK_SECRET) throw new Error('BANK_API_KEY and BANK_WEBHOOK_SECRET are required')

const json = <T>(name: string): T => JSON.parse(process.env[name] ?? '{}') as T
const opening = Object.entries(json<Record<string, string>>('BANK_OPENING_BALANCES'))
const counterpartyBalance = process.env.BANK_COUNTERPARTY_BALANCE

const bank = await serveBank({
  folder,
  port: Number(port),
  apiKey: BANK_API_KEY,
  webhookSecret: BANK_WEBHOOK_SECRET,
  settlementDelays: json('BANK_SETTLEMENT_DELAYS_MS'),
  ...(BANK_WEBHOOK_URL ? { webhookUrl: BANK_WEBHOOK_URL } : {}),
  ...(opening.length > 0
    ? { openingBalances: Object.fromEntries(opening.map(([currency, minor]) => [currency, BigInt(minor)])) }
    : {}),
  ...(counterpartyBalance ? { counterpartyBalance: BigInt(counterpartyBalance) } : {}),
})

const stop = async () => {
  await bank.close()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
process.send?.({ ready: true, url: bank.url })
