import type { Books } from './books.ts'
import type { Order } from './order.ts'
import type { BankRecord, EntryLine } from './record.ts'

/** The bridge's own accounts, by currency. */
export const bridgeAccounts = { USD: 'acct_bridge_usd', EUR: 'acct_bridge_eur' } as const

/** Those that it has under another name, as at a second bank. */
export const secondAccounts = { USD: 'acct_second_usd', EUR: 'acct_second_eur' } as const

/** Under which numbers others pay into the bridge's own accounts. */
export const accountNumbers = {
  acct_bridge_usd: '210000001',
  acct_bridge_eur: 'DE02120300000000202051',
  acct_second_usd: '210000002',
  acct_second_eur: 'DE02500105170137075030',
} as const

/** Those of the partner who pays out, which he lets the bridge dispose of. */
export const partnerAccounts = { USD: 'acct_partner_usd', EUR: 'acct_partner_eur' } as const

/** What an order may name. */
export const orderableAccounts: ReadonlySet<string> = new Set([
  ...Object.values(bridgeAccounts),
  ...Object.values(secondAccounts),
  ...Object.values(partnerAccounts),
])

const ownAccounts: ReadonlyMap<string, string> = new Map(Object.entries(accountNumbers).map(([id, number]) => [number, id]))

type Dependencies = {
  readonly books: Books
  readonly commit: (record: BankRecord) => void
  /** What a counterparty owns when it is first heard of, in minor units. */
  readonly counterpartyBalance: bigint
}

/** Opens accounts and puts money on them, always out of the bank's own account, so that the books sum to zero. */
export const openAccounts = ({ books, commit, counterpartyBalance }: Dependencies) => {
  const open = (id: string, currency: string, owner: 'bridge' | 'counterparty' | 'bank', balance = 0n) => {
    if (books.account(id)) return
    const entry = fundingOf(id, currency, balance)
    commit({ type: 'accountOpened', at: new Date().toISOString(), account: { id, currency, owner }, entry })
  }

  const fundingOf = (id: string, currency: string, change: bigint): EntryLine[] => {
    if (change === 0n) return []
    const equity = `bank_equity_${currency.toLowerCase()}`
    open(equity, currency, 'bank')
    return [
      { accountId: id, currency, amountMinor: String(change) },
      { accountId: equity, currency, amountMinor: String(-change) },
    ]
  }

  // The account number alone names a counterparty: a test that sets its funds need not know the routing number.
  const counterpartyId = (currency: string, accountNumber: string) => `cp_${currency.toLowerCase()}_${accountNumber}`

  return {
    openBridgeAccounts: (opening: Readonly<Record<string, bigint>>) => {
      for (const accounts of [bridgeAccounts, secondAccounts, partnerAccounts])
        for (const [currency, id] of Object.entries(accounts)) open(id, currency, 'bridge', opening[currency] ?? 0n)
    },
    /** The counterparty's account, opened on first use; or one of the bridge's own, where the bridge pays itself. */
    counterparty: ({ currency, counterparty }: Pick<Order, 'currency' | 'counterparty'>): string => {
      const own = ownAccounts.get(counterparty.accountNumber)
      if (own !== undefined) return own
      const id = counterpartyId(currency, counterparty.accountNumber)
      open(id, currency, 'counterparty', counterpartyBalance)
      return id
    },
    /** Gives a counterparty exactly this much, opening it when it is new. */
    fundCounterparty: (currency: string, accountNumber: string, balance: bigint): string => {
      const id = counterpartyId(currency, accountNumber)
      open(id, currency, 'counterparty', balance)
      const entry = fundingOf(id, currency, balance - books.balance(id))
      if (entry.length > 0) commit({ type: 'accountFunded', at: new Date().toISOString(), entry })
      return id
    },
  }
}

export type Accounts = ReturnType<typeof openAccounts>
