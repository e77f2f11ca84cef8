import { z } from 'zod'
import { readStroops } from './amount.ts'
import type { ShownClaimant } from './claimants.ts'
import { reasonOf, unavailable } from './failure.ts'
import { type SendAnswer, sending } from './send.ts'

/** The newest ledger that Horizon shows. All else that it says may be older. */
export type Watermark = {
  readonly ledger: bigint
  readonly hash: `0x${string}`
  /** Unix seconds. */
  readonly closeTime: bigint
  /** Stroops per entry. */
  readonly baseReserve: bigint
}

/** A line of an account; all amounts in 10⁻⁷. */
export type Trustline = {
  readonly balance: bigint
  readonly limit: bigint
  readonly buying: bigint
  readonly selling: bigint
  readonly authorized: boolean
}

export type LedgerAccount = {
  readonly id: string
  readonly sequence: bigint
  /** The ledger that this is the state of, where Horizon says so: behind one address there may be several that know different things. */
  readonly asOf: bigint | undefined
  /** Lumens above what its reserves bind, were the base reserve as given. */
  readonly spareNative: (baseReserve: bigint) => bigint
  /** By `CODE:ISSUER`. */
  readonly lines: ReadonlyMap<string, Trustline>
  readonly authRequired: boolean
}

export type LedgerTx = {
  readonly hash: `0x${string}`
  readonly innerHash: `0x${string}`
  readonly successful: boolean
  readonly ledger: bigint
  readonly source: string
  readonly sequence: bigint
  /** base64 TransactionEnvelope and TransactionResult. */
  readonly envelope: string
  readonly result: string
}

export type LedgerBalance = {
  readonly id: string
  readonly token: string
  readonly stroops: bigint
  readonly claimants: readonly ShownClaimant[]
  readonly clawbackEnabled: boolean
}

/** What the adapter asks of Horizon. Every read throws `chain_unavailable` when there is no usable answer; `undefined` is a 404. */
export type Horizon = {
  readonly passphrase: () => Promise<string>
  readonly watermark: () => Promise<Watermark>
  /** Of a closed ledger; undefined when Horizon does not have it (yet, or any more). */
  readonly ledgerHash: (ledger: bigint) => Promise<`0x${string}` | undefined>
  readonly account: (id: string) => Promise<LedgerAccount | undefined>
  /** By the hash of the transaction, or of the fee bump around it. */
  readonly transaction: (hash: string) => Promise<LedgerTx | undefined>
  /** What has used this number of an account, failed or not; undefined when it is not to be seen. */
  readonly takerOf: (account: string, sequence: bigint) => Promise<LedgerTx | undefined>
  readonly balance: (id: string) => Promise<LedgerBalance | undefined>
  /** What ledgers charge now, in stroops per operation. */
  readonly market: () => Promise<bigint>
  /** All there is of an asset, in 10⁻⁷. */
  readonly supply: (token: string) => Promise<bigint>
  readonly send: (envelope: Uint8Array) => Promise<SendAnswer>
}

/** Nothing is retried here: every caller comes again by itself, and a submission is repeated from the stored bytes. */
export const horizonClient = (url: string, timeoutMs: number): Horizon => {
  const base = url.replace(/\/+$/, '')

  const ask = async <S extends z.ZodType>(path: string, schema: S) => (await askFully(path, schema))?.data
  const askFully = async <S extends z.ZodType>(
    path: string,
    schema: S,
  ): Promise<{ data: z.output<S>; asOf?: bigint } | undefined> => {
    let status: number
    let body: unknown
    let latest: string | null
    try {
      const response = await fetch(`${base}${path}`, {
        signal: AbortSignal.timeout(timeoutMs),
        headers: { accept: 'application/json' },
      })
      status = response.status
      latest = response.headers.get('latest-ledger')
      body = await response.json()
    } catch (error) {
      throw unavailable(reasonOf(error))
    }
    // 410: before what its history begins with.
    if (status === 404 || status === 410) return undefined
    if (status !== 200) throw unavailable(`HTTP ${status}`)
    const read = schema.safeParse(body)
    if (!read.success) throw unavailable(`an answer of another shape: ${read.error.issues[0]?.path.join('.')}`)
    return { data: read.data, ...(latest !== null && /^\d+$/.test(latest) ? { asOf: BigInt(latest) } : {}) }
  }
  const needed = async <S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> => {
    const answer = await ask(path, schema)
    if (answer === undefined) throw unavailable('not found')
    return answer
  }

  return {
    passphrase: async () => (await needed('/', root)).network_passphrase,
    watermark: async () => {
      const [newest] = (await needed('/ledgers?order=desc&limit=1', page(ledger)))._embedded.records
      if (newest === undefined) throw unavailable('no ledger yet')
      return {
        ledger: BigInt(newest.sequence),
        hash: `0x${newest.hash}`,
        closeTime: BigInt(Math.floor(Date.parse(newest.closed_at) / 1_000)),
        baseReserve: BigInt(newest.base_reserve_in_stroops),
      }
    },
    ledgerHash: async sequence => {
      const found = await ask(`/ledgers/${sequence}`, ledger)
      return found && `0x${found.hash}`
    },
    account: async id => {
      const found = await askFully(`/accounts/${id}`, account)
      return found && toAccount(found.data, found.asOf)
    },
    transaction: async hash => {
      const found = await ask(`/transactions/${hash.replace(/^0x/, '')}`, transaction)
      return found && toTx(found)
    },
    takerOf: async (id, sequence) => {
      // Newest first, and whoever has the key may have used it often since.
      let cursor = ''
      for (let count = 0; count < mostPages; count++) {
        const path = `/accounts/${id}/transactions?order=desc&limit=${pageSize}&include_failed=true${cursor}`
        const { records } = (await needed(path, page(pagedTransaction)))._embedded
        const own = records.map(toTx).filter(tx => tx.source === id)
        const taker = own.find(tx => tx.sequence === sequence)
        if (taker !== undefined || records.length < pageSize || own.some(tx => tx.sequence < sequence)) return taker
        cursor = `&cursor=${records.at(-1)!.paging_token}`
      }
      return undefined
    },
    balance: async id => {
      const found = await ask(`/claimable_balances/${id}`, balance)
      return (
        found && {
          id: found.id,
          token: found.asset,
          stroops: readStroops(found.amount),
          claimants: found.claimants,
          clawbackEnabled: found.flags?.clawback_enabled ?? false,
        }
      )
    },
    market: async () => {
      const stats = await needed('/fee_stats', feeStats)
      const [base, charged] = [BigInt(stats.last_ledger_base_fee), BigInt(stats.fee_charged.p90)]
      return charged > base ? charged : base
    },
    supply: async token => {
      const [code, issuer] = token.split(':')
      const [found] = (await needed(`/assets?asset_code=${code}&asset_issuer=${issuer}`, page(assetStats)))._embedded.records
      if (found === undefined) return 0n
      const { authorized, authorized_to_maintain_liabilities, unauthorized } = found.balances
      const held = [authorized, authorized_to_maintain_liabilities, unauthorized, found.claimable_balances_amount]
      return [...held, found.liquidity_pools_amount, found.contracts_amount].reduce(
        (sum, amount) => sum + (amount === undefined ? 0n : readStroops(amount)),
        0n,
      )
    },
    send: sending(base, timeoutMs),
  }
}

const pageSize = 200
/** Beyond them it is a person's question, as where history ends. */
const mostPages = 50

const root = z.object({ network_passphrase: z.string() })
const hex = z.string().regex(/^[0-9a-f]{64}$/)
const decimal = z.string().regex(/^\d+$/)
const ledger = z.object({ sequence: z.int(), hash: hex, closed_at: z.iso.datetime(), base_reserve_in_stroops: z.int() })
const page = <T extends z.ZodType>(record: T) => z.object({ _embedded: z.object({ records: z.array(record) }) })
const account = z.object({
  account_id: z.string(),
  sequence: decimal,
  subentry_count: z.int(),
  num_sponsoring: z.int().default(0),
  num_sponsored: z.int().default(0),
  flags: z.object({ auth_required: z.boolean() }),
  balances: z.array(
    z.object({
      asset_type: z.string(),
      asset_code: z.string().optional(),
      asset_issuer: z.string().optional(),
      balance: z.string(),
      limit: z.string().optional(),
      buying_liabilities: z.string().default('0'),
      selling_liabilities: z.string().default('0'),
      is_authorized: z.boolean().optional(),
    }),
  ),
})
const transaction = z.object({
  hash: hex,
  successful: z.boolean(),
  ledger: z.int(),
  source_account: z.string(),
  source_account_sequence: decimal,
  envelope_xdr: z.string(),
  result_xdr: z.string(),
  inner_transaction: z.object({ hash: hex }).optional(),
})
const pagedTransaction = transaction.extend({ paging_token: z.string() })
const predicate: z.ZodType<ShownClaimant['predicate']> = z.lazy(() =>
  z.looseObject({ unconditional: z.boolean().optional(), abs_before_epoch: z.string().optional(), not: predicate.optional() }),
)
const balance = z.object({
  id: z.string(),
  asset: z.string(),
  amount: z.string(),
  claimants: z.array(z.object({ destination: z.string(), predicate })),
  flags: z.object({ clawback_enabled: z.boolean().optional() }).optional(),
})
const feeStats = z.object({ last_ledger_base_fee: decimal, fee_charged: z.object({ p90: decimal }) })
const assetStats = z.object({
  balances: z.object({ authorized: z.string(), authorized_to_maintain_liabilities: z.string(), unauthorized: z.string() }),
  claimable_balances_amount: z.string().optional(),
  liquidity_pools_amount: z.string().optional(),
  contracts_amount: z.string().optional(),
})

const toAccount = (found: z.output<typeof account>, asOf: bigint | undefined): LedgerAccount => {
  const native = found.balances.find(({ asset_type }) => asset_type === 'native')
  const free = native === undefined ? 0n : readStroops(native.balance) - readStroops(native.selling_liabilities)
  const entries = 2 + found.subentry_count + found.num_sponsoring - found.num_sponsored
  return {
    id: found.account_id,
    sequence: BigInt(found.sequence),
    asOf,
    spareNative: baseReserve => free - BigInt(entries) * baseReserve,
    lines: new Map(
      found.balances
        .filter(({ asset_code, asset_issuer }) => asset_code !== undefined && asset_issuer !== undefined)
        .map(line => [
          `${line.asset_code}:${line.asset_issuer}`,
          {
            balance: readStroops(line.balance),
            limit: readStroops(line.limit ?? '0'),
            buying: readStroops(line.buying_liabilities),
            selling: readStroops(line.selling_liabilities),
            authorized: line.is_authorized ?? false,
          },
        ]),
    ),
    authRequired: found.flags.auth_required,
  }
}

const toTx = (found: z.output<typeof transaction>): LedgerTx => ({
  hash: `0x${found.hash}`,
  innerHash: `0x${found.inner_transaction?.hash ?? found.hash}`,
  successful: found.successful,
  ledger: BigInt(found.ledger),
  source: found.source_account,
  sequence: BigInt(found.source_account_sequence),
  envelope: found.envelope_xdr,
  result: found.result_xdr,
})
