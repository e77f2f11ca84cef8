import type { ChainId } from '../../bridge-service/src/chains/chain.ts'
import { type TransferId, typeId } from '../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { Unborn } from '../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import { mintPayer, treasury } from './escrow.ts'
import type { Settings } from './settings.ts'

/** What a client wants, in his own words: all that the oracle holds the house to. */
export type Wanted = {
  /** The integrator's own reference: it names the request for ever. */
  readonly reference: string
  readonly route: 'onramp'
  readonly customer: string
  readonly account: string
  readonly address: string
  readonly paidMinor: string
  readonly feeMinor: string
  readonly deliveredMinor: string
}

const feeMinor = 25n
/** USD has two decimals, USDC six. */
const unitsPerCent = 10_000n

export const drawWanted = (random: Random, reference: string, customer: string): Wanted => {
  const paid = BigInt(random.between(1_000, 90_000))
  return {
    reference,
    route: 'onramp',
    customer,
    account: `acc-${reference}`,
    address: random.hex(20),
    ...amountsOf(paid),
  }
}

export const amountsOf = (paidMinor: bigint) => ({
  paidMinor: paidMinor.toString(),
  feeMinor: feeMinor.toString(),
  deliveredMinor: ((paidMinor - feeMinor) * unitsPerCent).toString(),
})

/** A request as the API makes a transfer of it: another id and another ref each time that it is posted. */
export const unbornOf = (random: Random, wanted: Wanted, chain: ChainId, settings: Settings, nowMs: number): Unborn => ({
  id: typeId<TransferId>('tr', random.hex(16).slice(2)),
  tenant: 'acme',
  route: wanted.route,
  definition: currentDefinition,
  state: 'none',
  version: 0,
  progress: { attempts: { release: 0, refund: 0 } },
  terms: {
    source: {
      kind: 'bank',
      rail: 'bank:sim',
      scheme: 'ach',
      currency: 'USD',
      account: { name: wanted.customer, accountNumber: wanted.account, routingNumber: '021000021' },
    },
    destination: { kind: 'chain', chain, currency: 'USDC', address: wanted.address },
    sourceAmount: { currency: 'USD', minor: wanted.paidMinor },
    destinationAmount: { currency: 'USDC', minor: wanted.deliveredMinor },
    fee: { currency: 'USD', minor: wanted.feeMinor },
    rate: { from: 'USD', to: 'USDC', numerator: '1', denominator: '1' },
    finality: settings.finality,
    clearingMs: settings.clearingMs,
    hold: {
      ref: random.hex(32),
      currency: 'USDC',
      amountMinor: wanted.deliveredMinor,
      payer: settings.funding === 'mint' ? mintPayer : treasury,
      payee: wanted.address,
      onExpiry: 'release',
      softDeadlineMs: settings.softDeadlineMs,
      hardDeadlineMs: settings.hardDeadlineMs,
    },
    salt: random.hex(32),
    chain,
    funding: settings.funding,
    pool: `${chain}:USDC`,
    bankAccount: 'acct_usd',
    reference: wanted.reference,
    createdAt: new Date(nowMs).toISOString(),
  },
})
