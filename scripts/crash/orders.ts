import { type Address, getAddress } from 'viem'
import type { Random } from '../fuzz/reorg/random.ts'

/** What an integrator orders, and what he does about it afterwards. */
export type Order = {
  readonly body: Readonly<Record<string, unknown>>
  /** Nobody else's: what arrives there was delivered for this order. */
  readonly payee: Address
  readonly asset: 'USDC' | 'EURC'
  /** He changes his mind so long after the answer. */
  readonly cancelAfterMs: number | undefined
  /** The second order under the same key, sent beside the first. */
  readonly twice: boolean
}

/** One kind of order of one route. */
export type OrderOf = (random: Random, chain: string) => Order

const cents = (random: Random, least: number, most: number) => `${random.between(least, most)}.${random.between(10, 99)}`
const account = (random: Random) => String(random.between(1_000_000_000, 1_000_000_049))

const onramp = (
  random: Random,
  chain: string,
  { rail, value, euros = false }: { rail: string; value: string; euros?: boolean },
): Pick<Order, 'body' | 'payee' | 'asset'> => {
  const payee = getAddress(random.hex(20))
  const asset = euros ? 'EURC' : 'USDC'
  const source = euros
    ? { type: 'bank_account', name: 'Ada Lovelace', rail, accountNumber: 'DE89370400440532013000' }
    : { type: 'bank_account', name: 'Ada Lovelace', rail, accountNumber: account(random), routingNumber: '021000021' }
  return {
    body: {
      source,
      destination: { type: 'chain_address', chain, asset, address: payee },
      amount: { value, asset: euros ? 'EUR' : 'USD' },
    },
    payee,
    asset,
  }
}

/** Out of the treasury's inventory, by whatever rail. */
const dollars: OrderOf = (random, chain) => ({
  ...onramp(random, chain, { rail: random.pick(['ach', 'wire', 'book']), value: cents(random, 10, 90) }),
  cancelAfterMs: random.chance(0.15) ? random.between(0, 3_000) : undefined,
  twice: random.chance(0.2),
})

/** Minted for the order. */
const euros: OrderOf = (random, chain) => ({
  ...onramp(random, chain, { rail: random.pick(['sepa', 'sepa_inst']), value: cents(random, 10, 90), euros: true }),
  cancelAfterMs: random.chance(0.1) ? random.between(0, 3_000) : undefined,
  twice: random.chance(0.2),
})

/** So much by ACH waits days for its clearing. Nobody waits so long here: it is canceled, and comes back. */
const turnedBack: OrderOf = (random, chain) => ({
  ...onramp(random, chain, { rail: 'ach', value: cents(random, 600, 900) }),
  cancelAfterMs: random.between(1_000, 8_000),
  twice: random.chance(0.2),
})

/** How often each kind is ordered: another route is one more line. */
const kinds: readonly (readonly [share: number, orderOf: OrderOf])[] = [
  [5, dollars],
  [2, euros],
  [2, turnedBack],
]

export const randomOrder: OrderOf = (random, chain) => {
  const all = kinds.flatMap(([share, orderOf]) => Array.from({ length: share }, () => orderOf))
  return random.pick(all)(random, chain)
}
