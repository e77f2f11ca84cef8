import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Address } from 'viem'
import { z } from 'zod'
import { DeployFailure } from './failure.ts'

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform(text => text as Address)

const schema = z.strictObject({
  chainId: z.int().min(1),
  escrow: address,
  /** Absent in what was deployed before there were any. */
  depositAddresses: address.optional(),
  /** The first block that can hold an event of the escrow. */
  startBlock: z.string().regex(/^\d+$/),
  /** By currency. */
  tokens: z.record(z.string(), address),
  /** Where the stablecoins of an on-ramp come from, by currency; see docs/configuration.md. */
  funding: z.record(z.string(), z.enum(['liquidity', 'mint'])),
})

/** What was deployed where: written by the deployment, read by service and indexer. */
export type AddressBook = z.output<typeof schema>

/** Whole or not at all: a service may be starting. */
export const writeAddressBook = (path: string, book: AddressBook): void => {
  const draft = `${path}.${process.pid}.tmp`
  writeFileSync(draft, `${JSON.stringify(book, null, 2)}\n`)
  renameSync(draft, path)
}

/** Throws `config_invalid`. */
export const readAddressBook = (path: string): AddressBook => {
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new DeployFailure('config_invalid', [`address book ${path}: ${(cause as Error).message}`], { cause })
  }
}
