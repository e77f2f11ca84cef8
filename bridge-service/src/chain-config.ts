import { z } from 'zod'
import { fromAddressBook } from './address-book.ts'
import type { ChainId } from './chains/chain.ts'
import { currency, minor, positive } from './config-fields.ts'
import type { Currency } from './money/currency.ts'

const chainId = <Family extends 'evm' | 'stellar'>(family: Family, reference: RegExp) =>
  z.custom<`${Family}:${string}` & ChainId>(
    value => typeof value === 'string' && value.startsWith(`${family}:`) && reference.test(value.slice(family.length + 1)),
    `${family}:…`,
  )
const hexAddress = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/i)
  .transform(text => text as `0x${string}`)
const requirement = z.union([
  z.object({ level: z.literal('latest'), confirmations: z.int().min(1) }),
  z.object({ level: z.enum(['safe', 'finalized']), confirmations: z.literal(0).default(0) }),
])
const funding = z.partialRecord(currency, z.enum(['liquidity', 'mint'])).default({})
const finality = z.array(z.object({ uptoMinor: minor.nullable(), requirement })).default([])
const hour = 3_600_000
const day = 24 * hour
const deadlines = (softMs: number, hardMs: number, commitMs: number) => ({
  /** Of an escrow that we pay into: from the day on which the debit is final. */
  softDeadlineMs: z.int().positive().default(softMs),
  /** From the soft deadline on. */
  hardDeadlineMs: z.int().positive().default(hardMs),
  /** How long a customer may take to make his deposit. */
  depositDueMs: z.int().positive().default(hour),
  /** From then on: how long it may take to be final and committed, before he may have it back without us. */
  depositCommitMs: z.int().positive().default(commitMs),
})

/** One chain as the service sees it; the indexer reads the same variable and takes what it needs. */
const evmChain = z.object({
  id: chainId('evm', /^[1-9]\d{0,14}$/),
  /** The first is the one that transactions are sent to; the indexer asks them all. */
  rpcUrls: z.array(z.url()).min(1),
  escrow: hexAddress,
  /** The contract of the deposit addresses; without it none is given out. */
  depositAddresses: hexAddress.optional(),
  tokens: z.partialRecord(currency, hexAddress),
  /** Where the stablecoins of new transfers come from; `liquidity` where nothing is said. */
  funding,
  finality,
  /** Blocks on top of our own transactions from which they are watched no longer. */
  finalityDepth: z.int().min(1).default(64),
  stuckAfterMs: z.int().positive().default(60_000),
  /** How long the nonces of a worker that is gone wait for the next one; longer than a look at all that is open takes. */
  laneLeaseMs: z.int().positive().default(10_000),
  /** Wei per gas as a decimal string. */
  maxFeePerGasCap: minor.default(500_000_000_000n),
  ...deadlines(day, 7 * day, 6 * hour),
})

const account = z.string().regex(/^G[A-Z2-7]{55}$/, 'an account, G…')
const stellarChain = z
  .object({
    id: chainId('stellar', /^[\w.-]{1,32}$/),
    horizonUrl: z.url(),
    passphrase: z.string().min(1),
    assets: z.partialRecord(
      currency,
      z.object({
        code: z.string().regex(/^[A-Za-z0-9]{1,12}$/),
        issuer: account,
        /** What the issuer divides its token into, where that is less than the ledger does. */
        decimals: z.int().min(0).max(7).optional(),
      }),
    ),
    accounts: z.object({
      treasury: account,
      cold: account,
      sponsor: account.optional(),
      issuer: account.optional(),
      channels: z.array(account).min(1).max(1_000),
    }),
    funding,
    /** A closed ledger is final: there is nothing to grade. */
    finality: finality.refine(tiers => tiers.length === 0, 'a closed ledger is final: no tiers').default([]),
    /** Stroops per operation as decimal strings. */
    bidCap: positive.default(100_000n),
    minBid: positive.default(100n),
    submissionSec: z.int().min(15).max(600).default(60),
    deliverySec: z
      .int()
      .min(3_600)
      .default(30 * 86_400),
    bumpAfterLedgers: z.int().min(1).default(3),
    channelLeaseMs: z.int().positive().default(10_000),
    requestTimeoutMs: z.int().positive().default(10_000),
    // Longer than any scheme takes to clear: from it on there is no release any more, only a refund.
    ...deadlines(7 * day, 14 * day, hour),
  })
  // By currency as the ledger and our tables name them, so that a token is a token on either kind of chain.
  .transform(entry => ({
    ...entry,
    tokens: Object.fromEntries(
      Object.entries(entry.assets).map(([asset, { code, issuer }]) => [asset, `${code}:${issuer}`]),
    ) as Partial<Record<Currency, string>>,
  }))

const family = z.looseObject({ id: z.string() })
const isStellar = (entry: unknown): boolean => family.safeParse(entry).data?.id.startsWith('stellar:') ?? false
/** The id's family says which of the two an entry is; what is neither is read, and refused, as the older one. */
const eitherChain = z.unknown().transform((entry, context) => {
  const read = isStellar(entry) ? stellarChain.safeParse(entry) : evmChain.safeParse(entry)
  if (read.success) return read.data
  for (const { path, message } of read.error.issues) context.addIssue({ code: 'custom', path, message })
  return z.NEVER
})
const chainInFull = eitherChain.superRefine(({ tokens, funding }, context) => {
  for (const asset of Object.keys(funding) as Currency[])
    if (tokens[asset] === undefined)
      context.addIssue({ code: 'custom', path: ['funding', asset], message: 'the chain has no such token' })
})
/** An entry of `CAUSEWAY_CHAINS`. */
export const chainSchema = z.unknown().transform(fromAddressBook).pipe(chainInFull)

export type ChainConfig = z.output<typeof chainSchema>
export type EvmChainConfig = z.output<typeof evmChain>
export type StellarChainConfig = z.output<typeof stellarChain>

export const isStellarChain = (config: ChainConfig): config is StellarChainConfig => config.id.startsWith('stellar:')
