import { readFileSync } from 'node:fs'
import { z } from 'zod'

const reference = z.looseObject({ addressBook: z.string() })
const book = z.object({
  chainId: z.int().min(1),
  escrow: z.string(),
  depositAddresses: z.string().optional(),
  tokens: z.record(z.string(), z.string()),
  funding: z.record(z.string(), z.string()),
})

/**
 * A chain whose entry names an `addressBook` gets its addresses from there: the file that `npm run deploy` wrote. Saying one of them in
 * the entry too is an issue, because one of the two would be wrong some day; so is a file that cannot be read.
 */
export const fromAddressBook = (entry: unknown, context: z.RefinementCtx): unknown => {
  const named = reference.safeParse(entry)
  if (!named.success) return entry
  const { addressBook, ...rest } = named.data
  const complain = (message: string) => {
    context.addIssue({ code: 'custom', path: ['addressBook'], message })
    return z.NEVER
  }
  let found: z.output<typeof book>
  try {
    found = book.parse(JSON.parse(readFileSync(addressBook, 'utf8')))
  } catch (error) {
    return complain(`cannot be read: ${(error as Error).message}`)
  }
  const { chainId, ...addresses } = found
  const said = { id: `evm:${chainId}`, ...addresses }
  const twice = Object.keys(said).filter(key => key in rest)
  return twice.length > 0 ? complain(`says ${twice.join(', ')} already`) : { ...rest, ...said }
}
