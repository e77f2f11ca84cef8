import { describe, expect, it } from 'vitest'
import { account } from '../ledger/chart.ts'
import type { Posting } from '../ledger/entry.ts'
import type { Currency } from '../money/currency.ts'
import { exchangePostings, undoExchangePostings } from './exchange-entry.ts'
import type { PriceTerms } from './terms.ts'

const accounts = { customer: 'customer', delivery: 'delivery' }

const terms = (
  source: [Currency, bigint],
  fee: bigint,
  destination: [Currency, bigint],
  residue?: [Currency, bigint],
): PriceTerms => ({
  sourceAmount: { currency: source[0], minor: source[1].toString() },
  fee: { currency: source[0], minor: fee.toString() },
  destinationAmount: { currency: destination[0], minor: destination[1].toString() },
  rate: { from: source[0], to: destination[0], numerator: '1', denominator: '1' },
  ...(residue === undefined ? {} : { residue: { currency: residue[0], minor: residue[1].toString() } }),
})

/** What each account has afterwards, without those that have nothing. */
const balances = (postings: readonly Posting[]) => {
  const sums = new Map<string, bigint>()
  for (const { account, amount } of postings) sums.set(account, (sums.get(account) ?? 0n) + amount.minor)
  return Object.fromEntries([...sums].filter(([, minor]) => minor !== 0n))
}

describe('an exchange', () => {
  it('takes all that the customer has, gives what was promised, and earns the fee', () => {
    expect(balances(exchangePostings(terms(['USD', 10_025n], 25n, ['USDC', 100_000_000n]), accounts))).toEqual({
      customer: 10_025n,
      delivery: -100_000_000n,
      [account.exchange('USD')]: -10_000n,
      [account.exchange('USDC')]: 100_000_000n,
      [account.feeIncome('USD')]: -25n,
    })
  })

  it('posts what the customer paid beyond the worth of what he gets', () => {
    const price = terms(['USDC', 100_009_999n], 0n, ['USD', 10_000n], ['USDC', 9_999n])
    expect(balances(exchangePostings(price, accounts))).toEqual({
      customer: 100_009_999n,
      delivery: -10_000n,
      [account.exchange('USDC')]: -100_000_000n,
      [account.exchange('USD')]: 10_000n,
      [account.rounding('USDC')]: -9_999n,
    })
  })

  it('posts what it buys beyond what the customer asked for', () => {
    const price = terms(['USD', 9_989n], 0n, ['USDC', 99_889_999n], ['USDC', 1n])
    expect(balances(exchangePostings(price, accounts))).toEqual({
      customer: 9_989n,
      delivery: -99_889_999n,
      [account.exchange('USD')]: -9_989n,
      [account.exchange('USDC')]: 99_890_000n,
      [account.rounding('USDC')]: -1n,
    })
  })

  it('is one thing in one currency, whichever side the residue is of', () => {
    const price = terms(['USDC', 1_000n], 100n, ['USDC', 890n], ['USDC', 10n])
    expect(balances(exchangePostings(price, accounts))).toEqual({
      customer: 1_000n,
      delivery: -890n,
      [account.feeIncome('USDC')]: -100n,
      [account.rounding('USDC')]: -10n,
    })
  })
})

describe('an exchange taken back', () => {
  it('leaves nothing of it but the fee', () => {
    const price = terms(['USDC', 100_019_999n], 10_000n, ['USD', 10_000n], ['USDC', 9_999n])
    expect(balances([...exchangePostings(price, accounts), ...undoExchangePostings(price, accounts)])).toEqual({
      customer: 10_000n,
      [account.feeIncome('USDC')]: -10_000n,
    })
  })
})
