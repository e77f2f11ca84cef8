import { describe, expect, it } from 'vitest'
import { judgeLine } from './judge-line.ts'
import type { RailOrder, StatementLine } from './rail.ts'

const order = (direction: RailOrder['direction']): RailOrder => ({
  key: 'k',
  externalId: 'CW1',
  direction,
  scheme: 'ach',
  amountMinor: '10025',
  currency: 'USD',
  account: 'acct_1',
  counterparty: { name: 'Ada', accountNumber: '1' },
  description: 'tr_1',
})
const here = { rail: 'bank:sim', account: 'acct_1' }
const line = (amountMinor: string, change: Partial<StatementLine> = {}): StatementLine => ({
  cursor: '7',
  bankTransferId: 'bt_1',
  externalId: 'CW1',
  amountMinor,
  currency: 'USD',
  at: '2026-03-02T10:00:00.000Z',
  ...change,
})

describe('a line of the statement', () => {
  it.each([
    ['debit', '10025', [], 'settled'],
    ['debit', '-10025', ['10025'], 'returned'],
    ['debit', '10025', ['10025', '-10025'], 'returnReversed'],
    ['debit', '-10025', ['10025', '-10025', '10025'], 'returned'],
    ['credit', '-10025', [], 'settled'],
    ['credit', '10025', ['-10025'], 'returned'],
  ] as const)('of a %s is read by its sign and by what came before: %s after %j is %s', (direction, amount, earlier, verdict) => {
    expect(judgeLine(line(amount), here, order(direction), earlier.map(BigInt))).toBe(verdict)
  })

  it.each([
    ['another amount', line('10024'), []],
    ['another direction', line('-10025'), []],
    ['a second time', line('10025'), [10_025n]],
    ['a part that comes back', line('-1'), [10_025n]],
    ['another currency', line('10025', { currency: 'EUR' }), []],
  ] as const)('with %s is a mismatch', (_what, wrong, earlier) => {
    expect(judgeLine(wrong, here, order('debit'), earlier)).toBe('mismatched')
  })

  it('on another account of ours is a mismatch', () => {
    expect(judgeLine(line('10025'), { ...here, account: 'acct_2' }, order('debit'), [])).toBe('mismatched')
  })

  it('that no order of ours explains is unexplained, but for what the account was opened with', () => {
    expect(judgeLine(line('10025'), here, undefined, [])).toBe('unexplained')
    expect(judgeLine(line('500', { externalId: 'opening' }), here, undefined, [])).toBe('opening')
  })

  it.each([
    ['10025', [], 'arrived'],
    ['-10025', ['10025'], 'arrivalReversed'],
    ['10025', ['10025', '-10025'], 'arrived'],
    ['-10025', [], 'mismatched'],
    ['10000', [], 'mismatched'],
  ] as const)(
    'of what we send to an account of our own is read there by its sign: %s after %j is %s',
    (amount, earlier, verdict) => {
      // Two banks may call our accounts by one name.
      const there = { rail: 'bank:other', account: 'acct_1' }
      const toOurselves = { ...order('credit'), arrivesAt: there }
      expect(judgeLine(line(amount), there, toOurselves, earlier.map(BigInt))).toBe(verdict)
      expect(judgeLine(line('-10025'), here, toOurselves, [])).toBe('settled')
      expect(judgeLine(line('10025'), { rail: 'bank:third', account: 'acct_2' }, toOurselves, [])).toBe('mismatched')
    },
  )
})
