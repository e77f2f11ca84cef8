import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { ChainSettings, Settings } from '../settings.ts'

export type RouteName = 'onramp' | 'offramp' | 'remittance' | 'crosschain'

/** What a client wants, in his own words: all that the oracle holds the house to. Amounts are minor units as decimal strings. */
export type Wanted = {
  /** The integrator's own reference: it names the request for ever. */
  readonly reference: string
  readonly route: RouteName
  /** Where it begins, or ends, or is held meanwhile. */
  readonly chain: ChainSettings['id']
  /** Where it ends, if it begins on another one. */
  readonly into?: ChainSettings['id']
  readonly customer: string
  /** The customer's account at the bank, or the one that is paid. */
  readonly account: string
  /** His address on the chain. */
  readonly address: string
  /** He can only transfer, and what goes back goes to his address. */
  readonly depositBy?: 'transfer'
  readonly paidMinor: string
  readonly feeMinor: string
  readonly deliveredMinor: string
}

export type Amounts = Pick<Wanted, 'paidMinor' | 'feeMinor' | 'deliveredMinor'>

export type TermsRequest = {
  readonly wanted: Wanted
  readonly chain: ChainSettings
  readonly into: ChainSettings
  readonly settings: Settings
  readonly random: Random
  readonly nowMs: number
}

/** USD and EUR have two decimals, USDC six. */
export const unitsPerCent = 10_000n
export const feeCents = 30n
/** Our own accounts at the bank, and our partner's. */
export const ownAccount = 'acct_usd'
export const partnerAccount = 'acct_partner'
export const partner = `0x${'77'.repeat(20)}`

/** What every route's terms begin with. */
export const common = ({ wanted, settings, random, nowMs }: TermsRequest) => ({
  salt: random.hex(32),
  reference: wanted.reference,
  createdAt: new Date(nowMs).toISOString(),
  // Short enough that worlds in which something hangs run out of it, and debits are called back.
  patience: {
    debitMs: 2 * settings.settleMs,
    inclusionMs: 300_000,
    finalityMs: 300_000,
    payoutMs: 2 * settings.settleMs,
    transferMs: 2 * 3_600_000 + settings.clearingMs,
  },
})

/** Money that can come back. */
export const debit = ({ settings: { clearingMs, returnableMs } }: TermsRequest) => ({
  clearingMs,
  ...(returnableMs > clearingMs ? { returnableMs } : {}),
  bankAccount: ownAccount,
})

export const bankLeg = ({ customer, account }: Wanted, currency: 'USD' | 'EUR') =>
  ({
    kind: 'bank',
    rail: 'bank:sim',
    scheme: currency === 'USD' ? 'ach' : 'sepa',
    currency,
    account: { name: customer, accountNumber: account },
  }) as const
