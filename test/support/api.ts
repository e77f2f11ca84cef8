import { randomUUID } from 'node:crypto'
import { Registry } from '@prometheus-io/client'
import pg from 'pg'
import { isAddress, keccak256, toHex } from 'viem'
import type { Chain } from '../../bridge-service/src/chains/chain.ts'
import { type Config, readConfig } from '../../bridge-service/src/config.ts'
import { BridgeError } from '../../bridge-service/src/errors.ts'
import { mintApiKey, type Scope, scopes } from '../../bridge-service/src/http/api-key.ts'
import { buildServer } from '../../bridge-service/src/http/server.ts'
import type { ServerDeps } from '../../bridge-service/src/http/server-deps.ts'
import { transferTail } from '../../bridge-service/src/http/tail.ts'
import { intentOf } from '../../bridge-service/src/intents/intent.ts'
import { chartFor } from '../../bridge-service/src/ledger/chart.ts'
import { openAccounts } from '../../bridge-service/src/ledger/open-accounts.ts'
import { pausesOf } from '../../bridge-service/src/operators/pauses.ts'
import { unknown } from '../../bridge-service/src/outcome.ts'
import { houseRates } from '../../bridge-service/src/policy/rates/house-rates.ts'
import { webhookVerifier } from '../../bridge-service/src/rails/bank-api/verify-webhook.ts'
import type { Rail } from '../../bridge-service/src/rails/rail.ts'
import { loadTransfers } from '../../bridge-service/src/saga/load.ts'
import { transferOpener } from '../../bridge-service/src/saga/open.ts'
import { postgresStore } from '../../bridge-service/src/saga/postgres-store.ts'
import { stepStatement } from '../../bridge-service/src/saga/step.ts'
import { decide } from '../../bridge-service/src/transfer/decide.ts'
import type { TransferId } from '../../bridge-service/src/transfer/id.ts'
import type { Input } from '../../bridge-service/src/transfer/input.ts'
import type { Transfer } from '../../bridge-service/src/transfer/transfer.ts'
import { freshDatabase } from './database.ts'

export const webhookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const treasury = '0x00000000000000000000000000000000000000AA'
export const customer = '0x52908400098527886E0F7030069857D2E4169EE7'
export const token = '0x00000000000000000000000000000000000000CC'
const contract = '0x00000000000000000000000000000000000000EE'

/** Who pays dollars out, and gets USDC for them. */
export const payoutPartner = {
  currency: 'USD',
  rail: 'bank:test',
  account: 'acct_partner',
  asset: 'USDC',
  chain: 'evm:31337',
  address: '0x00000000000000000000000000000000000000dd',
}

/** A chain that only knows how to read: the API never sends anything to one. */
export const readOnlyChain: Chain = {
  id: 'evm:31337',
  treasury,
  escrow: contract,
  // Whatever order the database gives their fields in.
  escrowId: terms => keccak256(toHex(JSON.stringify(Object.entries(terms).toSorted()))),
  parseAddress: text => {
    if (!isAddress(text, { strict: false })) throw new BridgeError('address_invalid', { value: text })
    if (!isAddress(text)) throw new BridgeError('address_checksum_invalid', { value: text })
    return text
  },
  supports: currency => currency === 'USDC',
  submit: async () => unknown('not in this test'),
  find: async () => unknown('not in this test'),
  tend: async () => {},
  tokenAddress: () => token,
  committedBy: 'escrow',
  mintPayer: () => token,
  unitsPerMinor: () => 1n,
  mintRights: async () => ({ locksInEscrow: true, perTransactionMinor: '0' }),
  supplyOf: async () => '0',
  balanceOf: async () => '0',
}

/** A bank that verifies webhooks as the real adapter does, and says what `balances` says. */
const readOnlyBank = (balances: Map<string, string>): Rail => ({
  id: 'bank:test',
  capabilities: { schemes: ['ach', 'sepa', 'sepa_inst', 'wire', 'book'], currencies: ['USD', 'EUR'] },
  submit: async () => unknown('not in this test'),
  query: async () => unknown('not in this test'),
  cancel: async () => unknown('not in this test'),
  balance: async account => {
    const amountMinor = balances.get(account)
    if (amountMinor === undefined) throw new BridgeError('rail_unavailable', { account })
    return { amountMinor, currency: account === 'acct_usd' ? 'USD' : 'EUR' }
  },
  entries: async () => ({ lines: [] }),
  verifyWebhook: webhookVerifier({ secrets: [webhookSecret], now: Date.now }),
})

const bankAccounts = [
  { rail: 'bank:test', currency: 'USD' },
  { rail: 'bank:test', currency: 'EUR' },
] as const

export const configuration = (url: string, change: Record<string, string> = {}): Config =>
  readConfig(
    {
      DATABASE_URL: url,
      LOG_LEVEL: 'silent',
      CAUSEWAY_CHAINS: JSON.stringify([
        { id: 'evm:31337', rpcUrls: ['http://127.0.0.1:1'], escrow: contract, tokens: { USDC: token } },
      ]),
      CAUSEWAY_BANKS: JSON.stringify([
        {
          id: 'bank:test',
          url: 'http://127.0.0.1:1',
          apiKey: 'k',
          webhookSecrets: [webhookSecret],
          accounts: { USD: 'acct_usd', EUR: 'acct_eur' },
          schemes: ['ach', 'sepa', 'sepa_inst', 'wire'],
        },
      ]),
      CAUSEWAY_POLICY: JSON.stringify({ payoutPartners: [payoutPartner] }),
      ...change,
    },
    ['api'],
  )

export type Api = Awaited<ReturnType<typeof startApi>>

/** The API on a database of its own, under the service's own role, with a key for each of two tenants. */
export const startApi = async (change: Partial<ServerDeps> = {}) => {
  const database = await freshDatabase()
  const admin = new pg.Pool({ connectionString: database.url, max: 4 })
  const pool = new pg.Pool({ connectionString: database.url, max: 10, options: '-c role=causeway_app' })
  for (const each of [admin, pool]) each.on('error', () => {})
  const config = configuration(database.url)
  await openAccounts(admin, chartFor({ banks: bankAccounts, tokens: [{ chain: 'evm:31337', currency: 'USDC' }] }))
  await admin.query(
    `insert into liquidity_pools (id, currency, total) values ('evm:31337:USDC', 'USDC', 1000000000000), ('bank:test:USD', 'USD', 100000000)`,
  )
  const balances = new Map([
    ['acct_usd', '0'],
    ['acct_eur', '0'],
  ])
  const tail = transferTail({ pool, pollMs: 50 })
  const woken = { count: 0 }
  const clock = { nowMs: Date.now, synchronise: async () => {} }
  const deps: ServerDeps = {
    pool,
    config,
    chains: new Map([[readOnlyChain.id, readOnlyChain]]),
    rails: new Map([['bank:test', readOnlyBank(balances)]]),
    rates: houseRates((change.config ?? config).policy.rates, config.policy.rateGuard, undefined, Date.now),
    opener: transferOpener({ store: postgresStore(pool), clock, execute: () => {}, onMoved: tail.wake }),
    tail,
    pauses: pausesOf(pool),
    wakeSaga: () => {
      woken.count++
    },
    readiness: async () => [{ name: 'database', ok: true }],
    registry: new Registry(),
    nowMs: Date.now,
    newUuid: newUuidV7(),
    ...change,
  }
  const app = await buildServer(deps)
  const keyOf = async (tenant: string, granted: readonly Scope[] = scopes, person?: string) =>
    mintApiKey(pool, { tenant, scopes: granted, person })
  const keys = { acme: await keyOf('acme'), globex: await keyOf('globex') }

  const send = async (method: 'GET' | 'POST', url: string, options: SendOptions = {}) => {
    const { key = keys.acme.key, body, idempotencyKey = randomUUID(), headers = {} } = options
    const answer = await app.inject({
      method,
      url,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(method === 'POST' && idempotencyKey !== null ? { 'idempotency-key': idempotencyKey } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
    const json: any = /json/.test(String(answer.headers['content-type'])) ? JSON.parse(answer.body) : undefined
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, json }
  }

  /** One step of a transfer by the real machine, committed by the real statement. */
  const move = async (id: string, input: Input): Promise<Transfer> => {
    const [before] = await loadTransfers(admin, [id as TransferId])
    const decision = decide(before!, input, Date.now())
    if (!('after' in decision)) throw new Error(`nothing moved: ${JSON.stringify(decision)}`)
    const intents = decision.intents.map(wish => intentOf(decision.after, wish))
    const { rowCount } = await admin.query(
      stepStatement([{ before: before!, decision, intents, actor: 'saga', cause: `test:${input.type}` }], undefined),
    )
    if (rowCount !== 1) throw new Error('the step was fenced off')
    return decision.after
  }

  /** What waits in the inbox is told to its transfers, as the coordinator tells it. */
  const hear = () =>
    postgresStore(pool).inTransaction(async tx => {
      const { matched } = await tx.claimFacts(100, [])
      for (const { input, transferId, actor, source, fact, revision } of matched) {
        const [before] = await tx.loadTransfers([transferId])
        const decision = before && decide(before, input as Input, Date.now())
        if (!before || !decision || !('events' in decision)) {
          await tx.consumeFacts([], [{ source, fact, revision }])
          continue
        }
        const intents = decision.intents.map(wish => intentOf(decision.after, wish))
        const cause = `fact:${source}/${fact}`
        await tx.commitSteps([{ before, decision, intents, actor, cause, fact: { source, fact, revision } }], undefined)
      }
    })

  return {
    app,
    pauses: deps.pauses,
    hear,
    admin,
    pool,
    deps,
    database,
    balances,
    woken,
    keys,
    keyOf,
    get: (url: string, options?: SendOptions) => send('GET', url, options),
    post: (url: string, body?: unknown, options?: SendOptions) =>
      send('POST', url, { ...options, ...(body === undefined ? {} : { body }) }),
    move,
    counts: () => countRows(admin),
    close: async () => {
      await app.close()
      await Promise.all([pool.end(), admin.end()])
      await database.drop()
    },
  }
}

type SendOptions = {
  key?: string | null
  body?: unknown
  idempotencyKey?: string | null
  headers?: Record<string, string>
}

const place = (name: string, block: number) => ({
  fact: `0x${name.padEnd(64, '0')}:0`,
  txHash: `0x${name.padEnd(64, '0')}`,
  blockNumber: String(block),
  blockHash: `0x${block.toString(16).padStart(64, '0')}`,
})

/** What happens to an on-ramp on its way to `completed`, in order. `seed` (hex digits) names its chain transactions. */
export const onrampInputs = (seed: string): Input[] => [
  { type: 'screened', list: 'none', availableMinor: 1_000_000_000_000n },
  {
    type: 'railAnswered',
    step: 'debitFiat',
    fact: { type: 'settled', bankTransferId: `b_${seed}`, externalId: 'x', at: new Date().toISOString() },
  },
  { type: 'chainFact', kind: 'escrowLocked', status: 'included', place: place(`a${seed}`, 10) },
  { type: 'finalityReached', kind: 'lock', fact: place(`a${seed}`, 10).fact },
  { type: 'chainFact', kind: 'escrowReleased', status: 'included', place: place(`b${seed}`, 12) },
  { type: 'finalityReached', kind: 'release', fact: place(`b${seed}`, 12).fact },
]

export type ChainEvent = {
  readonly type: 'escrowLocked' | 'escrowReleased' | 'escrowRefunded' | 'escrowCredited'
  readonly escrowId: string
  readonly ref: string
  readonly amount: string
  readonly block: number
  readonly tx?: string
  readonly payer?: string
  /** Of a lock: Unix seconds. */
  readonly refundAfter?: number
  readonly owner?: string
  readonly canonical?: boolean
}

/** Writes what the indexer would. */
export const onChain = async (admin: pg.Pool, event: ChainEvent): Promise<void> => {
  const { type, escrowId, ref, amount, block, payer = treasury, canonical = true } = event
  const tx = event.tx ?? keccak256(toHex(randomUUID()))
  await admin.query(
    `insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token, payer, payee,
                               amount, payload, canonical)
     values ('evm:31337', $1, 0, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      ...[keccak256(toHex(randomUUID())), tx, block, type, escrowId, ref, token, payer, customer, amount],
      JSON.stringify({
        amount,
        ...(event.owner ? { owner: event.owner } : {}),
        ...(event.refundAfter ? { refundAfter: String(event.refundAfter) } : {}),
      }),
      canonical,
    ],
  )
}

export const chainHead = async (
  admin: pg.Pool,
  latest: number,
  finalized: number,
  halted: string | null = null,
): Promise<void> => {
  await admin.query(
    `insert into chain_heads (chain, escrow, cursor_height, cursor_hash, safe_height, finalized_height, finality_mode, halted_reason)
     values ('evm:31337', $1, $2, '0x00', $3, $3, 'tags', $4)
     on conflict (chain) do update set cursor_height = $2, safe_height = $3, finalized_height = $3, halted_reason = $4`,
    [contract, latest, finalized, halted],
  )
}

/** How many rows each table has: what a refusal must leave as it was. */
const countRows = async (admin: pg.Pool): Promise<Record<string, number>> => {
  const tables = [
    ...['transfers', 'transfer_events', 'outbox', 'audit_log', 'intents', 'inbox', 'quotes', 'idempotency_keys', 'deadlines'],
    ...['ledger_entries', 'ledger_postings', 'reservations'],
  ]
  const { rows } = await admin.query(
    tables.map(table => `select '${table}' as name, count(*)::int as n from ${table}`).join(' union all '),
  )
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]))
}

/** UUIDv7 with a counter in its middle, so that ids made in one millisecond keep their order. */
const newUuidV7 = () => {
  let last = 0n
  return () => {
    const next = BigInt(Date.now()) << 12n
    last = next > last ? next : last + 1n
    const time = (last >> 12n).toString(16).padStart(12, '0')
    const counter = (last & 0xfffn).toString(16).padStart(3, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${randomUUID().slice(19)}`
  }
}

/** An order that is right in every way: 100.25 dollars by ACH into USDC. */
export const order = () => ({
  source: {
    type: 'bank_account',
    rail: 'ach',
    name: 'Ada Lovelace',
    accountNumber: '000123456789',
    routingNumber: '021000021',
  },
  destination: { type: 'chain_address', chain: 'evm:31337', address: customer, asset: 'USDC' },
  amount: { value: '100.25', asset: 'USD' },
})
