import { z } from 'zod'
import { type ChainConfig, chainSchema } from './chain-config.ts'
import type { ChainId } from './chains/chain.ts'
import { currency, minor, positive } from './config-fields.ts'
import { BridgeError } from './errors.ts'
import { currencies } from './money/currency.ts'
import { fees, rateFeed, rateGuard, rates } from './pricing-config.ts'
import type { RailScheme } from './rails/rail.ts'
import { jwtSecret, type SepConfig, sepNetwork, sepShape, signingSeed } from './sep-config.ts'

const hexKey = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/i)
  .transform(text => text as `0x${string}`)
const stellarKey = z.string().regex(/^S[A-Z2-7]{55}$/, 'a secret key, S…')
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

/** A bank account as a payment names it. */
const payable = z.strictObject({
  scheme,
  name: z.string().min(1).max(140),
  accountNumber: z.string().regex(/^[A-Z0-9]{4,34}$/, 'an account number without spaces'),
  routingNumber: z
    .string()
    .regex(/^\d{9}$/)
    .optional(),
})

const bank = z.object({
  id: z.string().regex(/^bank:[\w-]+$/),
  url: z.url(),
  apiKey: z.string().min(1),
  webhookSecrets: z.array(z.string().startsWith('whsec_')).min(1),
  accounts: z.partialRecord(currency, z.string()),
  /** As whom, and by which scheme, others pay into them: what lets our other banks do so. */
  payableAs: z.partialRecord(currency, payable).default({}),
  schemes: z.array(scheme).min(1),
  timeoutMs: z.int().positive().default(5_000),
  /** Between two looks at the statements of our accounts. */
  statementPollMs: z.int().positive().default(30_000),
})

const clearing = z.object({ finalAfterMs: z.int().min(0), advanceUptoMinor: minor })
const day = 86_400_000
const hour = 3_600_000
const ms = z.int().positive()
const chainPatience = z.strictObject({ inclusionMs: ms.default(hour / 6), finalityMs: ms.default(hour) })
const railPatience = z.strictObject({
  ach: ms.default(4 * day),
  sepa: ms.default(3 * day),
  sepa_inst: ms.default(hour / 4),
  wire: ms.default(day),
  book: ms.default(hour / 4),
} satisfies Record<RailScheme, unknown>)

const payoutPartner = z
  .strictObject({
    currency,
    /** The bank that holds his account, and that pays out of it at our word. */
    rail: z.string().regex(/^bank:[\w-]+$/),
    account: z.string().min(1),
    /** What he is paid with, at par, and where. */
    asset: currency,
    chain: z.string().regex(/^(?:evm|stellar):[\w.-]+$/),
    address: z.string().min(1),
  })
  .refine(({ currency, asset }) => currencies[currency].kind === 'fiat' && currencies[asset].kind === 'token', {
    path: ['asset'],
    message: 'fiat is paid out for a token',
  })

const chainAddresses = z.record(z.string().regex(/^(?:evm|stellar):[\w.-]+$/, 'a chain'), z.string().min(1))

/** Who takes one side of a rebalance between a bank and a chain, or between two chains, at par. */
const liquidityProvider = z.strictObject({
  currency,
  /** His account, which we pay into, and debit from. */
  account: payable,
  /** His address on each chain, which tokens come from, and go to. */
  addresses: chainAddresses,
})

const lowWater = z
  .strictObject({
    alertMinor: positive,
    clearMinor: positive,
    /** The pool out of which an alert asks to be refilled, up to `refillTo`. */
    refillFrom: z.string().optional(),
    refillTo: positive.optional(),
  })
  .refine(({ alertMinor, clearMinor }) => alertMinor < clearMinor, 'alertMinor is not under clearMinor')
  .refine(({ refillFrom, refillTo }) => (refillFrom === undefined) === (refillTo === undefined), 'refillFrom needs refillTo')
  .refine(({ clearMinor, refillTo }) => refillTo === undefined || clearMinor <= refillTo, 'refillTo is under clearMinor')

const policyShape = z.strictObject({
  limits: z
    .partialRecord(currency, minor)
    .default({ USD: 100_000_000n, EUR: 100_000_000n, USDC: 1_000_000_000_000n, EURC: 1_000_000_000_000n }),
  payoutPartners: z
    .array(payoutPartner)
    .refine(partners => new Set(partners.map(({ currency }) => currency)).size === partners.length, 'one for each currency')
    .default([]),
  liquidityProviders: z
    .array(liquidityProvider)
    .refine(providers => new Set(providers.map(each => each.currency)).size === providers.length, 'one for each currency')
    .default([]),
  fees,
  rates,
  rateFeed: rateFeed.optional(),
  rateGuard,
  operatorLimits: z.partialRecord(currency, minor).default({ USD: 1_000_000n, EUR: 1_000_000n }),
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
  exposure: z
    .strictObject({
      perPayer: z.partialRecord(currency, minor).default({ USD: 0n, EUR: 0n }),
      perTenant: z.partialRecord(currency, minor).default({ USD: 1_000_000n, EUR: 1_000_000n }),
    })
    .prefault({}),
  /** Of liquidity pools, by id. */
  lowWater: z.record(z.string(), lowWater).default({}),
  /** How long each part of a transfer may take before a person is told, in milliseconds. */
  patience: z
    .strictObject({
      rails: railPatience.default(railPatience.parse({})),
      chains: chainPatience.default(chainPatience.parse({})),
      perChain: z
        .record(
          z.custom<ChainId>(value => typeof value === 'string' && value.includes(':'), 'a chain'),
          chainPatience,
        )
        .default({}),
      transferMs: ms.default(day),
    })
    .prefault({}),
  denyList: z
    .object({ name: z.string(), names: z.array(z.string()), accounts: z.array(z.string()), addresses: z.array(z.string()) })
    .default({ name: 'none', names: [], accounts: [], addresses: [] }),
})
const policy = policyShape.refine(({ rates, rateFeed }) => rateFeed !== undefined || !rates.some(pair => 'feed' in pair), {
  path: ['rateFeed'],
  message: 'needed by a pair of rates',
})

const schema = z.object({
  DATABASE_URL: z.string().min(1),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  CAUSEWAY_CHAINS: fromJson(z.array(chainSchema)).default([]),
  CAUSEWAY_BANKS: fromJson(z.array(bank)).default([]),
  CAUSEWAY_POLICY: fromJson(policy).default(policy.parse({})),
  CAUSEWAY_TREASURY_KEY: hexKey.optional(),
  CAUSEWAY_OPERATOR_KEY: hexKey.optional(),
  CAUSEWAY_STELLAR_TREASURY_KEY: stellarKey.optional(),
  CAUSEWAY_STELLAR_COLD_KEY: stellarKey.optional(),
  CAUSEWAY_STELLAR_SPONSOR_KEY: stellarKey.optional(),
  CAUSEWAY_STELLAR_ISSUER_KEY: stellarKey.optional(),
  CAUSEWAY_STELLAR_CHANNEL_KEYS: z
    .string()
    .transform(text => text.split(',').map(key => key.trim()))
    .pipe(z.array(stellarKey))
    .optional(),
  CAUSEWAY_INTENT_LEASE_MS: z.coerce.number().int().positive().default(30_000),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  CAUSEWAY_STELLAR_SEP: fromJson(sepShape).optional(),
  CAUSEWAY_STELLAR_SIGNING_KEY: signingSeed.optional(),
  CAUSEWAY_STELLAR_JWT_SECRET: jwtSecret.optional(),
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

export type StellarKeys = {
  readonly treasury: string | undefined
  readonly cold: string | undefined
  readonly sponsor: string | undefined
  readonly issuer: string | undefined
  readonly channels: readonly string[]
}
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
  readonly stellarKeys: StellarKeys
  readonly intentLeaseMs: number
  readonly logLevel: string
  /** What Stellar wallets are told; without it they are told nothing. */
  readonly sep: SepConfig | undefined
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
  const problems = env.CAUSEWAY_POLICY.payoutPartners.flatMap(partner => partnerProblems(partner, env))
  if (problems.length > 0) throw new BridgeError('config_invalid', { problems })
  return {
    databaseUrl: env.DATABASE_URL,
    host: env.HOST,
    port: env.PORT,
    chains: env.CAUSEWAY_CHAINS,
    banks: env.CAUSEWAY_BANKS,
    policy: env.CAUSEWAY_POLICY,
    treasuryKey: env.CAUSEWAY_TREASURY_KEY,
    operatorKey: env.CAUSEWAY_OPERATOR_KEY,
    stellarKeys: {
      treasury: env.CAUSEWAY_STELLAR_TREASURY_KEY,
      cold: env.CAUSEWAY_STELLAR_COLD_KEY,
      sponsor: env.CAUSEWAY_STELLAR_SPONSOR_KEY,
      issuer: env.CAUSEWAY_STELLAR_ISSUER_KEY,
      channels: env.CAUSEWAY_STELLAR_CHANNEL_KEYS ?? [],
    },
    intentLeaseMs: env.CAUSEWAY_INTENT_LEASE_MS,
    logLevel: env.LOG_LEVEL,
    sep: sepOf(env, environment.CAUSEWAY_CHAINS ?? '[]'),
    roles,
  }
}

const partnerProblems = (
  { currency, rail, asset, chain }: Policy['payoutPartners'][number],
  { CAUSEWAY_BANKS: banks, CAUSEWAY_CHAINS: chains }: z.output<typeof schema>,
): string[] => {
  const where = `CAUSEWAY_POLICY.payoutPartners ${currency}`
  return [
    ...(banks.some(({ id }) => id === rail) ? [] : [`${where}: CAUSEWAY_BANKS has no ${rail}`]),
    ...(chains.some(({ id, tokens }) => id === chain && tokens[asset] !== undefined)
      ? []
      : [`${where}: CAUSEWAY_CHAINS has no ${asset} on ${chain}`]),
  ]
}

/** The entry of its chain is read once more, for what wallets need of it, as the indexer reads it for what it needs. */
const sepOf = (env: z.output<typeof schema>, chainsJson: string): SepConfig | undefined => {
  const { CAUSEWAY_STELLAR_SEP: sep, CAUSEWAY_STELLAR_SIGNING_KEY: signingSeed, CAUSEWAY_STELLAR_JWT_SECRET: jwtSecret } = env
  if (sep === undefined) return undefined
  if (signingSeed === undefined || jwtSecret === undefined)
    throw new BridgeError('config_invalid', {
      problems: ['CAUSEWAY_STELLAR_SIGNING_KEY and CAUSEWAY_STELLAR_JWT_SECRET are needed for CAUSEWAY_STELLAR_SEP'],
    })
  const networks = (JSON.parse(chainsJson) as unknown[]).flatMap(entry => sepNetwork.safeParse(entry).data ?? [])
  const network = networks.find(({ id }) => id === sep.chain)
  if (network === undefined)
    throw new BridgeError('config_invalid', {
      problems: [`CAUSEWAY_STELLAR_SEP.chain: CAUSEWAY_CHAINS has no ${sep.chain} with horizonUrl and passphrase`],
    })
  return { ...sep, horizonUrl: network.horizonUrl, passphrase: network.passphrase, signingSeed, jwtSecret }
}
