import { z } from 'zod'
import { fromAddressBook } from './address-book.ts'
import type { ChainId } from './chains/chain.ts'
import { BridgeError } from './errors.ts'
import { type Currency, currencies } from './money/currency.ts'
import type { RailScheme } from './rails/rail.ts'

const currency = z.enum(Object.keys(currencies) as [Currency, ...Currency[]])
const minor = z.string().regex(/^\d+$/, 'minor units as a decimal string').transform(BigInt)
const positive = minor.refine(value => value > 0n, 'more than zero')
const chainId = z.custom<ChainId>(value => typeof value === 'string' && /^[a-z]+:[\w.-]+$/.test(value), 'e.g. evm:31337')
const hexKey = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/i)
  .transform(text => text as `0x${string}`)
const hexAddress = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/i)
  .transform(text => text as `0x${string}`)
const requirement = z.union([
  z.object({ level: z.literal('latest'), confirmations: z.int().min(1) }),
  z.object({ level: z.enum(['safe', 'finalized']), confirmations: z.literal(0).default(0) }),
])
const scheme = z.enum(['ach', 'sepa', 'sepa_inst', 'wire', 'book'])
const fromJson = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch (error) {
        context.addIssue({ code: 'custom', message: `not JSON: ${String(error)}` })
        return z.NEVER
      }
    })
    .pipe(schema)

/** One chain as the service sees it; the indexer reads the same variable and takes what it needs. */
const chainShape = z.object({
  id: chainId,
  /** The first is the one that transactions are sent to; the indexer asks them all. */
  rpcUrls: z.array(z.url()).min(1),
  escrow: hexAddress,
  tokens: z.partialRecord(currency, hexAddress),
  /** Where the stablecoins of new transfers come from; `liquidity` where nothing is said. */
  funding: z.partialRecord(currency, z.enum(['liquidity', 'mint'])).default({}),
  finality: z.array(z.object({ uptoMinor: minor.nullable(), requirement })).default([]),
  /** Blocks on top of our own transactions from which they are watched no longer. */
  finalityDepth: z.int().min(1).default(64),
  stuckAfterMs: z.int().positive().default(60_000),
  /** How long the nonces of a worker that is gone wait for the next one; longer than a look at all that is open takes. */
  laneLeaseMs: z.int().positive().default(10_000),
  /** Wei per gas as a decimal string. */
  maxFeePerGasCap: minor.default(500_000_000_000n),
  softDeadlineMs: z.int().positive().default(86_400_000),
  hardDeadlineMs: z
    .int()
    .positive()
    .default(7 * 86_400_000),
})

const chainInFull = chainShape.superRefine(({ tokens, funding }, context) => {
  for (const asset of Object.keys(funding) as Currency[])
    if (tokens[asset] === undefined)
      context.addIssue({ code: 'custom', path: ['funding', asset], message: 'the chain has no such token' })
})
const chain = z.unknown().transform(fromAddressBook).pipe(chainInFull)

const bank = z.object({
  id: z.string().regex(/^bank:[\w-]+$/),
  url: z.url(),
  apiKey: z.string().min(1),
  webhookSecrets: z.array(z.string().startsWith('whsec_')).min(1),
  accounts: z.partialRecord(currency, z.string()),
  schemes: z.array(scheme).min(1),
  timeoutMs: z.int().positive().default(5_000),
})

const clearing = z.object({ finalAfterMs: z.int().min(0), advanceUptoMinor: minor })
const day = 86_400_000

const policy = z.object({
  limits: z.partialRecord(currency, minor).default({ USD: 100_000_000n, EUR: 100_000_000n }),
  fee: z.object({ fixedMinor: minor, bps: minor }).default({ fixedMinor: 25n, bps: 10n }),
  rates: z.array(z.object({ from: currency, to: currency, numerator: positive, denominator: positive })).default([
    { from: 'USD', to: 'USDC', numerator: 1n, denominator: 1n },
    { from: 'EUR', to: 'EURC', numerator: 1n, denominator: 1n },
  ]),
  quoteTtlMs: z.int().positive().default(120_000),
  clearing: z
    .object({ ach: clearing, sepa: clearing, sepa_inst: clearing, wire: clearing, book: clearing } satisfies Record<
      RailScheme,
      unknown
    >)
    .default({
      ach: { finalAfterMs: 3 * day, advanceUptoMinor: 50_000n },
      sepa: { finalAfterMs: 3 * day, advanceUptoMinor: 50_000n },
      sepa_inst: { finalAfterMs: 0, advanceUptoMinor: 0n },
      wire: { finalAfterMs: 0, advanceUptoMinor: 0n },
      book: { finalAfterMs: 0, advanceUptoMinor: 0n },
    }),
  denyList: z
    .object({ name: z.string(), names: z.array(z.string()), accounts: z.array(z.string()), addresses: z.array(z.string()) })
    .default({ name: 'none', names: [], accounts: [], addresses: [] }),
})

const schema = z.object({
  DATABASE_URL: z.string().min(1),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  CAUSEWAY_CHAINS: fromJson(z.array(chain)).default([]),
  CAUSEWAY_BANKS: fromJson(z.array(bank)).default([]),
  CAUSEWAY_POLICY: fromJson(policy).default(policy.parse({})),
  CAUSEWAY_TREASURY_KEY: hexKey.optional(),
  CAUSEWAY_OPERATOR_KEY: hexKey.optional(),
  CAUSEWAY_INTENT_LEASE_MS: z.coerce.number().int().positive().default(30_000),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
})

export const serviceRoles = ['api', 'saga'] as const
export type ServiceRole = (typeof serviceRoles)[number]

/** `all`, or service roles separated by commas. Throws `config_invalid`. */
export const readRoles = (text: string | undefined): ServiceRole[] => {
  if (text === 'all') return [...serviceRoles]
  const names = (text ?? '').split(',').map(name => name.trim())
  const unknown = names.filter(name => !serviceRoles.includes(name as ServiceRole))
  if (unknown.length > 0)
    throw new BridgeError('config_invalid', { problems: [`role ${unknown.join(', ')}: one of ${serviceRoles.join(', ')}, all`] })
  return names as ServiceRole[]
}

export type ChainConfig = z.output<typeof chain>
export type BankConfig = z.output<typeof bank>
export type Policy = z.output<typeof policy>

export type Config = {
  readonly databaseUrl: string
  readonly host: string
  readonly port: number
  readonly chains: readonly ChainConfig[]
  readonly banks: readonly BankConfig[]
  readonly policy: Policy
  readonly treasuryKey: `0x${string}` | undefined
  readonly operatorKey: `0x${string}` | undefined
  readonly intentLeaseMs: number
  readonly logLevel: string
  readonly roles: readonly ServiceRole[]
}

/** Reads the environment. Throws `config_invalid` with every variable that is wrong, and never with its value: some are secrets. */
export const readConfig = (environment: Record<string, string | undefined>, roles: readonly ServiceRole[]): Config => {
  const read = schema.safeParse(environment)
  if (!read.success)
    throw new BridgeError('config_invalid', {
      problems: read.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`),
    })
  const env = read.data
  return {
    databaseUrl: env.DATABASE_URL,
    host: env.HOST,
    port: env.PORT,
    chains: env.CAUSEWAY_CHAINS,
    banks: env.CAUSEWAY_BANKS,
    policy: env.CAUSEWAY_POLICY,
    treasuryKey: env.CAUSEWAY_TREASURY_KEY,
    operatorKey: env.CAUSEWAY_OPERATOR_KEY,
    intentLeaseMs: env.CAUSEWAY_INTENT_LEASE_MS,
    logLevel: env.LOG_LEVEL,
    roles,
  }
}
