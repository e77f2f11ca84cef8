import { isAddress } from 'viem'
import { z } from 'zod'
import { fromAddressBook } from './address-book.ts'
import { IndexerError } from './errors.ts'
import type { EvmChainId } from './observation.ts'

const height = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt)

const chainSchema = z.object({
  id: z
    .string()
    .regex(/^evm:[1-9]\d*$/)
    .transform(id => id as EvmChainId),
  rpcUrl: z.url(),
  escrow: z.string().refine(text => isAddress(text), 'not an address'),
  /** The block that the escrow was deployed in, or an earlier one. */
  startBlock: height,
  /** Confirmations after which a block counts as final on a chain without finality tags. */
  finalityDepth: z.int().min(1).max(10_000),
  pollMs: z.int().min(10).max(60_000).default(100),
  /** Blocks per database transaction while catching up. */
  batchSize: z.int().min(1).max(1_000).default(100),
  /** Requests to the node at a time. */
  concurrency: z.int().min(1).max(64).default(8),
  rpcTimeoutMs: z.int().min(100).max(120_000).default(10_000),
})

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
  .array(z.unknown().transform(fromAddressBook).pipe(chainSchema))
  .min(1)
  .refine(chains => new Set(chains.map(chain => chain.id)).size === chains.length, 'a chain is listed twice')

export type ChainConfig = z.output<typeof chainSchema>

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
