import { type Address, getAddress, type Hex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import type { Random } from '../fuzz/reorg/random.ts'
import { stellarKeyOf } from './stellar-key.ts'

/** Who pays or is paid: at the bank by an account, on a chain by an address that is nobody else's. */
export type Party =
  | { readonly at: 'bank'; readonly account: string }
  | { readonly at: 'evm'; readonly chain: string; readonly address: Address; readonly asset: 'USDC' | 'EURC' }
  | { readonly at: 'stellar'; readonly address: string; readonly asset: 'USDC' | 'EURC' }

export type Family = Exclude<Party['at'], 'bank'>
export type Route = 'onramp' | 'onramp to stellar' | `offramp from ${Family}` | 'remittance' | `crosschain ${Family} to ${Family}`

/** What an integrator orders, and what he and his customer do about it afterwards. */
export type Order = {
  readonly route: Route
  readonly body: Readonly<Record<string, unknown>>
  readonly payer: Party
  readonly payee: Party
  /** The key of a customer who acts on a chain himself. */
  readonly customerKey?: Hex
  /** He pays in on the chain so long after the answer; never when undefined. */
  readonly paysInAfterMs?: number | undefined
  /** How, where there is a choice. */
  readonly paysBy?: 'payment' | 'balance'
  /** The integrator changes his mind so long after the answer. */
  readonly cancelAfterMs: number | undefined
  /** The second order under the same key, sent beside the first. */
  readonly twice: boolean
}

export type ChainIds = { readonly evm: readonly string[]; readonly stellar: string }

/** One kind of order of one route. */
export type OrderOf = (random: Random, chains: ChainIds) => Order

type Legs = Pick<Order, 'route' | 'body' | 'payer' | 'payee'>

const cents = (random: Random, least: number, most: number) => `${random.between(least, most)}.${random.between(10, 99)}`

/** Many dollars accounts, few of euros: an IBAN has a check sum. */
const accountOf = (random: Random, asset: 'USD' | 'EUR', whose: 'payer' | 'payee') => {
  if (asset === 'EUR') return { accountNumber: whose === 'payer' ? 'DE89370400440532013000' : 'FR1420041010050500013M02606' }
  const first = whose === 'payer' ? 1_000_000_000 : 2_000_000_000
  return { accountNumber: String(random.between(first, first + 49)), routingNumber: '021000021' }
}
const bankAccount = (random: Random, rail: string, asset: 'USD' | 'EUR', whose: 'payer' | 'payee') => {
  const account = accountOf(random, asset, whose)
  const name = whose === 'payer' ? 'Ada Lovelace' : 'Grace Hopper'
  return {
    party: { at: 'bank', account: account.accountNumber },
    body: { type: 'bank_account', name, rail, ...account },
  } as const
}

const onramp = (
  random: Random,
  { evm }: ChainIds,
  { rail, value, euros = false }: { rail: string; value: string; euros?: boolean },
): Legs => {
  const asset = euros ? 'EURC' : 'USDC'
  const fiat = euros ? 'EUR' : 'USD'
  const source = bankAccount(random, rail, fiat, 'payer')
  const payee = { at: 'evm', chain: random.pick(evm), address: getAddress(random.hex(20)), asset } as const
  return {
    route: 'onramp',
    body: {
      source: source.body,
      destination: { type: 'chain_address', chain: payee.chain, asset, address: payee.address },
      amount: { value, asset: fiat },
    },
    payer: source.party,
    payee,
  }
}

/** Out of the treasury's inventory, by whatever rail. */
const dollars: OrderOf = (random, chains) => ({
  ...onramp(random, chains, { rail: random.pick(['ach', 'wire', 'book']), value: cents(random, 10, 90) }),
  cancelAfterMs: random.chance(0.15) ? random.between(0, 3_000) : undefined,
  twice: random.chance(0.2),
})

/** Minted for the order. */
const euros: OrderOf = (random, chains) => ({
  ...onramp(random, chains, { rail: random.pick(['sepa', 'sepa_inst']), value: cents(random, 10, 90), euros: true }),
  cancelAfterMs: random.chance(0.1) ? random.between(0, 3_000) : undefined,
  twice: random.chance(0.2),
})

/** So much by ACH waits days for its clearing. Nobody waits so long here: it is canceled, and comes back. */
const turnedBack: OrderOf = (random, chains) => ({
  ...onramp(random, chains, { rail: 'ach', value: cents(random, 600, 900) }),
  cancelAfterMs: random.between(1_000, 8_000),
  twice: random.chance(0.2),
})

/** To somebody who has a line for the token, and is paid, or has not even an account, and finds it waiting for him. */
const toStellar: OrderOf = (random, { stellar }) => {
  const euros = random.chance(0.3)
  const asset = euros ? 'EURC' : 'USDC'
  const fiat = euros ? 'EUR' : 'USD'
  const key = random.hex(32)
  const address = stellarKeyOf(key).publicKey()
  const source = bankAccount(random, random.pick(euros ? ['sepa', 'sepa_inst'] : ['ach', 'wire']), fiat, 'payer')
  return {
    route: 'onramp to stellar',
    body: {
      source: source.body,
      destination: { type: 'chain_address', chain: stellar, asset, address },
      amount: { value: cents(random, 10, 90), asset: fiat },
    },
    payer: source.party,
    payee: { at: 'stellar', address, asset },
    ...(random.chance(0.6) ? { customerKey: key } : {}),
    cancelAfterMs: random.chance(0.15) ? random.between(0, 3_000) : undefined,
    twice: random.chance(0.2),
  }
}

/** The customer brings his own dollars: at once, while the integrator changes his mind, or never. */
const deposit = (random: Random, chains: ChainIds) => {
  const customerKey = random.hex(32)
  const paysIn = random.chance(0.85)
  const payer: Exclude<Party, { at: 'bank' }> = random.chance(0.6)
    ? { at: 'evm', chain: random.pick(chains.evm), address: privateKeyToAddress(customerKey), asset: 'USDC' }
    : { at: 'stellar', address: stellarKeyOf(customerKey).publicKey(), asset: 'USDC' }
  return {
    source: { type: 'chain_address', chain: payer.at === 'evm' ? payer.chain : chains.stellar, address: payer.address },
    amount: { value: cents(random, 10, 90), asset: 'USDC' },
    customer: {
      ...{ payer, customerKey },
      paysBy: random.pick(['payment', 'balance'] as const),
      paysInAfterMs: paysIn ? random.between(0, 2_000) : undefined,
      // Nobody waits here until a deposit is overdue.
      cancelAfterMs: !paysIn || random.chance(0.25) ? random.between(500, 4_000) : undefined,
    },
  } as const
}

const offramp: OrderOf = (random, chains) => {
  const { source, amount, customer } = deposit(random, chains)
  const destination = bankAccount(random, random.pick(['ach', 'wire', 'book']), 'USD', 'payee')
  return {
    route: `offramp from ${customer.payer.at}`,
    body: { source, destination: { ...destination.body, asset: 'USD' }, amount },
    ...customer,
    payee: destination.party,
    twice: random.chance(0.2),
  }
}

/** From any chain to any other, to the customer himself under the same key. */
const crosschain: OrderOf = (random, chains) => {
  const { source, amount, customer } = deposit(random, chains)
  const { customerKey } = customer
  const chain = random.pick([...chains.evm, chains.stellar].filter(id => id !== source.chain))
  const payee: Exclude<Party, { at: 'bank' }> =
    chain === chains.stellar
      ? { at: 'stellar', address: stellarKeyOf(customerKey).publicKey(), asset: 'USDC' }
      : { at: 'evm', chain, address: privateKeyToAddress(customerKey), asset: 'USDC' }
  return {
    route: `crosschain ${customer.payer.at} to ${payee.at}`,
    body: { source, destination: { type: 'chain_address', chain, asset: 'USDC', address: payee.address }, amount },
    ...customer,
    payee,
    twice: random.chance(0.2),
  }
}

/** Over a hold out of the inventory or, to euros, over one that is minted for it. */
const remittance: OrderOf = random => {
  const [from, to] = random.pick([
    ['EUR', 'USD'],
    ['USD', 'EUR'],
  ] as const)
  const railOf = { USD: ['ach', 'wire'], EUR: ['sepa', 'sepa_inst'] }
  const source = bankAccount(random, random.pick(railOf[from]), from, 'payer')
  const destination = bankAccount(random, random.pick(railOf[to]), to, 'payee')
  return {
    route: 'remittance',
    body: {
      source: source.body,
      destination: { ...destination.body, asset: to },
      amount: { value: cents(random, 10, 90), asset: from },
    },
    payer: source.party,
    payee: destination.party,
    cancelAfterMs: random.chance(0.2) ? random.between(0, 4_000) : undefined,
    twice: random.chance(0.2),
  }
}

/** How often each kind is ordered: another route is one more line. */
const kinds: readonly (readonly [share: number, orderOf: OrderOf])[] = [
  [4, dollars],
  [2, euros],
  [2, turnedBack],
  [3, toStellar],
  [4, offramp],
  [4, remittance],
  [4, crosschain],
]

export const randomOrder: OrderOf = (random, chains) => {
  const all = kinds.flatMap(([share, orderOf]) => Array.from({ length: share }, () => orderOf))
  return random.pick(all)(random, chains)
}
