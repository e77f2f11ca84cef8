import { StrKey } from '@stellar/stellar-sdk/base'
import { isAddress } from 'viem'
import { z } from 'zod'
import { fromAddressBook } from './address-book.ts'
import { IndexerError } from './errors.ts'
import type { EvmChainId, StellarChainId } from './observation.ts'

const height = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt)

const evmSchema = z.object({
  kind: z.literal('evm'),
  id: z
    .string()
    .regex(/^evm:[1-9]\d*$/)
    .transform(id => id as EvmChainId),
  /** Nodes of this chain, the preferred one first. */
  rpcUrls: z.array(z.url()).min(1).max(16),
  /** So many of them must give the same answer; a majority where nothing is said. */
  quorum: z.int().min(1).optional(),
  escrow: z.string().refine(text => isAddress(text), 'not an address'),
  /** The block that the escrow was deployed in, or an earlier one. */
  startBlock: height,
  /** Confirmations after which a block counts as final on a chain without finality tags. */
  finalityDepth: z.int().min(1).max(10_000),
  pollMs: z.int().min(10).max(60_000).default(100),
  /** Blocks per database transaction while catching up. */
  batchSize: z.int().min(1).max(1_000).default(100),
  /** Connections to each node. */
  concurrency: z.int().min(1).max(64).default(8),
  /** Calls in one HTTP request; 1 for a node that takes no batches. */
  rpcBatchSize: z.int().min(1).max(1_000).default(100),
  /** HTTP requests to each node per second; as many as it answers where nothing is said. */
  rpcRequestsPerSecond: z.number().positive().optional(),
  rpcTimeoutMs: z.int().min(100).max(120_000).default(10_000),
})

const evmInFull = evmSchema
  .refine(chain => (chain.quorum ?? 1) <= chain.rpcUrls.length, 'the quorum is larger than the number of nodes')
  .transform(chain => ({ ...chain, quorum: chain.quorum ?? Math.floor(chain.rpcUrls.length / 2) + 1 }))

const account = z.string().refine(text => StrKey.isValidEd25519PublicKey(text), 'not an account (G…)')

const stellarSchema = z
  .object({
    kind: z.literal('stellar'),
    id: z
      .string()
      .regex(/^stellar:[-\w.]+$/)
      .transform(id => id as StellarChainId),
    horizonUrl: z.url().optional(),
    /** Stellar RPC: read in Horizon's place when it is given. */
    rpcUrl: z.url().optional(),
    passphrase: z.string().min(1),
    accounts: z
      .object({ treasury: account, cold: account })
      .refine(({ treasury, cold }) => treasury !== cold, 'treasury and cold are one account'),
    assets: z.record(z.string(), z.object({ code: z.string().regex(/^[a-zA-Z0-9]{1,12}$/), issuer: account })),
    /** The first ledger that may hold something of ours; the node must have the one before it, too. */
    startLedger: height.refine(ledger => ledger >= 2n, 'from 2 on'),
    pollMs: z.int().min(10).max(60_000).default(1_000),
    expectedCloseMs: z.int().min(10).max(60_000).default(5_000),
    /** So many expected closes without a new ledger, and the chain counts as silent. */
    silentCloses: z.int().min(2).max(10_000).default(12),
    /** Ledgers per database transaction while catching up. */
    batchSize: z.int().min(1).max(200).default(100),
    requestTimeoutMs: z.int().min(100).max(120_000).default(10_000),
  })
  .refine(chain => chain.horizonUrl !== undefined || chain.rpcUrl !== undefined, 'neither horizonUrl nor rpcUrl')

const named = z.looseObject({ id: z.string() })

/** The kind of a chain is the namespace of its id. */
const withKind = (entry: unknown): unknown => {
  const found = named.safeParse(entry)
  return found.success ? { ...found.data, kind: found.data.id.split(':')[0] } : entry
}

const chainSchema = z
  .unknown()
  .transform(fromAddressBook)
  .transform(withKind)
  .pipe(z.discriminatedUnion('kind', [evmInFull, stellarSchema]))

const envSchema = z.object({
  DATABASE_URL: z.url(),
  CAUSEWAY_CHAINS: z.string().transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue({ code: 'custom', message: 'not JSON' })
      return z.NEVER
    }
  }),
  INDEXER_HOST: z.string().default('127.0.0.1'),
  INDEXER_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
})

const chainsSchema = z
  .array(chainSchema)
  .min(1)
  .refine(chains => new Set(chains.map(chain => chain.id)).size === chains.length, 'a chain is listed twice')

export type EvmChainConfig = z.output<typeof evmInFull>
export type StellarChainConfig = z.output<typeof stellarSchema>
export type ChainConfig = EvmChainConfig | StellarChainConfig

export type IndexerConfig = {
  readonly databaseUrl: string
  readonly chains: readonly ChainConfig[]
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

/** Reads the environment. Keys of a chain that are not known here belong to the bridge service. Throws `config_invalid`. */
export const readConfig = (env: Record<string, string | undefined>): IndexerConfig => {
  const outer = envSchema.safeParse(env)
  if (!outer.success) throw new IndexerError('config_invalid', { issues: outer.error.issues })
  const chains = chainsSchema.safeParse(outer.data.CAUSEWAY_CHAINS)
  if (!chains.success) throw new IndexerError('config_invalid', { issues: chains.error.issues })
  return {
    databaseUrl: outer.data.DATABASE_URL,
    chains: chains.data,
    host: outer.data.INDEXER_HOST,
    port: outer.data.INDEXER_PORT,
  }
}
