import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { typeId } from '../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { Leg } from '../../bridge-service/src/transfer/terms.ts'
import type { Unborn } from '../../bridge-service/src/transfer/transfer.ts'

const usd: Leg = {
  kind: 'bank',
  rail: 'bank:bench',
  scheme: 'book',
  currency: 'USD',
  account: { name: 'Ada Lovelace', accountNumber: '1234567890', routingNumber: '021000021' },
}
const usdc: Leg = { kind: 'chain', chain: 'evm:1', currency: 'USDC', address: `0x${'44'.repeat(20)}` }
const finality = { level: 'latest', confirmations: 1 } as const
const day = 86_400_000

// As the policy gives it to every transfer: its timer is part of what a saga costs.
const patience = { debitMs: day, inclusionMs: day, finalityMs: day, payoutMs: day, transferMs: 7 * day }

const priced = (source: Leg, destination: Leg) => {
  const amount = (leg: Leg, cents: bigint) => ({
    currency: leg.currency,
    minor: (leg.currency === 'USDC' ? cents * 10_000n : cents).toString(),
  })
  return {
    patience,
    ...{ source, destination, sourceAmount: amount(source, 10_025n), destinationAmount: amount(destination, 10_000n) },
    ...{ fee: amount(source, 25n), salt: `0x${'55'.repeat(32)}` as const, reference: null, createdAt: new Date().toISOString() },
    rate: { from: source.currency, to: destination.currency, numerator: '1', denominator: '1' },
  }
}

const escrow = (amountMinor: string, payer: string, payee: string) => ({
  ...{ ref: `0x${randomUUID().replaceAll('-', '').repeat(2)}` as const, currency: 'USDC' as const, amountMinor, payer, payee },
})

const treasury = `0x${'22'.repeat(20)}`
const hold = (payee: string) => ({
  ...{ finality, chain: 'evm:1' as const, pool: 'evm:1:USDC' },
  hold: { ...escrow('100000000', treasury, payee), onExpiry: 'release' as const, softDeadlineMs: day, hardDeadlineMs: day },
})
const debit = { clearingMs: 0, bankAccount: 'acct' }

const termsOf = {
  onramp: () => ({ route: 'onramp' as const, terms: { ...priced(usd, usdc), ...debit, ...hold(`0x${'44'.repeat(20)}`) } }),
  remittance: () => ({
    route: 'remittance' as const,
    terms: { ...priced(usd, usd), ...debit, ...hold(`0x${'77'.repeat(20)}`), payoutAccount: 'partner', commits: true },
  }),
  offramp: () => {
    const refundAfter = Math.floor((Date.now() + day) / 1000)
    const deadlines = { refundAfter, hardDeadline: refundAfter + day / 1000, onExpiry: 'refund' as const }
    const deposit = {
      ...{ chain: 'evm:1' as const, finality, committedBy: 'escrow' as const, dueAt: new Date(Date.now() + day).toISOString() },
      terms: { ...escrow('100250000', `0x${'44'.repeat(20)}`, treasury), ...deadlines },
    }
    return { route: 'offramp' as const, terms: { ...priced(usdc, usd), deposit, pool: 'bank:bench:USD', payoutAccount: 'acct' } }
  },
}

export type BenchRoute = keyof typeof termsOf
export const isBenchRoute = (text: string): text is BenchRoute => Object.hasOwn(termsOf, text)

/** A transfer of a hundred dollars that nobody has opened yet. */
export const newTransfer = (route: BenchRoute): Unborn => ({
  ...{
    id: typeId<Unborn['id']>('tr', randomUUIDv7()),
    tenant: 'bench',
    definition: currentDefinition,
    state: 'none',
    version: 0,
  },
  ...{ progress: { attempts: { release: 0, refund: 0 } } },
  ...termsOf[route](),
})
