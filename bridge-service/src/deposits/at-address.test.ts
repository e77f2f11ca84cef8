import { describe, expect, it } from 'vitest'
import { deposit, depositRefundAfterMs, dueAtMs } from '../../../test/support/offramp.ts'
import type { Holding } from '../chains/deposits.ts'
import type { TransferId } from '../transfer/id.ts'
import { judgeAddress } from './at-address.ts'
import type { Watched } from './watched.ts'

const awaited = { token: '0xaa', units: 100n }
const watched = (change: Partial<Watched> = {}): Watched => ({
  ...{ transferId: 'tr_1' as TransferId, tenant: 'acme', state: 'awaitingDeposit', isLocking: false, cases: [], seen: 0n },
  ...{ deposit: { ...deposit(), refundTo: '0x44' }, nowMs: dueAtMs - 1, movedAtMs: dueAtMs - 60_000 },
  ...change,
})
const holding = (units: bigint, escrow: Holding['escrow'] = 'none', other = 0n): Holding => ({
  escrow,
  balances: [
    { token: '0xaa', units },
    { token: '0xbb', units: other },
  ],
})
const judge = (change: Partial<Watched>, ...held: Parameters<typeof holding>) =>
  judgeAddress(watched(change), holding(...held), awaited)
const late = { nowMs: depositRefundAfterMs }

describe('what lies at a deposit address', () => {
  it.each<[string, Partial<Watched>, bigint, boolean]>([
    ['is locked as soon as it is enough', {}, 100n, true],
    ['is locked when it is too much', {}, 101n, true],
    ['is not locked while it is too little', {}, 99n, false],
    ['is not locked twice', { isLocking: true }, 100n, false],
    ['is not locked before the transfer waits for it', { state: 'screened' }, 100n, false],
    ['is not locked at the instant it is due', { nowMs: dueAtMs }, 100n, false],
    ['is not locked for a transfer that is over', { state: 'canceled' }, 100n, false],
    ['is not locked while its lock is in doubt', { state: 'deposited' }, 100n, false],
  ])('%s', (_what, change, units, lock) => {
    expect(judge(change, units).lock).toBe(lock)
  })

  it('is not locked a second time, whatever comes', () => {
    expect(judge({}, 100n, 'locked').lock).toBe(false)
    expect(judge({}, 100n, 'refunded').lock).toBe(false)
  })

  it.each<[string, Partial<Watched>, Parameters<typeof holding>, string | undefined]>([
    ['stays while the rest can come', {}, [99n], undefined],
    ['stays when it is due, and the transfer has not moved yet', { nowMs: dueAtMs }, [99n], undefined],
    ['stays while a lock of it is under way', { state: 'failed', isLocking: true }, [100n], undefined],
    ['stays while its lock is in doubt', { state: 'deposited' }, [100n], undefined],
    ['goes back when the transfer has failed, as too little', { state: 'failed' }, [99n], 'wrong_amount'],
    ['goes back when the transfer was canceled, as not expected', { state: 'canceled' }, [100n], 'not_expected'],
    ['goes back when nobody could lock it any more', { ...late, state: 'deposited' }, [100n], 'not_expected'],
    ['goes back as what was too much', { seen: 120n, state: 'deposited' }, [20n, 'locked'], 'wrong_amount'],
    ['goes back as a second one', { seen: 100n, state: 'completed' }, [100n, 'locked'], 'repeated'],
    ['goes on as what the escrow gave back', { seen: 100n, state: 'compensated' }, [100n, 'refunded'], 'refunded'],
  ])('%s', (_what, change, held, reason) => {
    expect(judge(change, ...held).strays).toEqual(reason ? [{ token: '0xaa', units: held[0], reason }] : [])
  })

  it('goes back at once when it is another token', () => {
    expect(judge({}, 99n, 'none', 7n).strays).toEqual([{ token: '0xbb', units: 7n, reason: 'wrong_asset' }])
  })

  const past = (state: Watched['cases'][number]['state'], token = '0xaa') => ({ token, state, reason: 'repeated' as const })
  it('goes back once at a time, and of dust no more than five times by us', () => {
    const over = { state: 'completed', seen: 100n } as const
    expect(judge({ ...over, cases: [past('returning')] }, 1n, 'locked').strays).toEqual([])
    expect(judge({ ...over, cases: [past('person')] }, 1n, 'locked').strays).toEqual([])
    expect(judge({ ...over, cases: Array(4).fill(past('returned')) }, 1n, 'locked').strays).toHaveLength(1)
    expect(judge({ ...over, cases: Array(5).fill(past('returned')) }, 1n, 'locked').strays).toEqual([])
    expect(judge({ ...over, cases: Array(5).fill(past('returned', '0xbb')) }, 1n, 'locked').strays).toHaveLength(1)
  })

  it('is the escrow’s refund once; what comes later is repeated', () => {
    const known = [{ token: '0xaa', state: 'returned', reason: 'refunded' }] as const
    expect(judge({ state: 'compensated', seen: 100n, cases: known }, 100n, 'refunded').strays[0]?.reason).toBe('repeated')
  })

  it('is remembered as it was before it was locked', () => {
    expect(judge({ seen: 60n }, 100n).seen).toBe(100n)
    expect(judge({ seen: 100n }, 0n, 'locked').seen).toBe(100n)
  })
})

describe('the next look at a deposit address', () => {
  const next = (change: Partial<Watched>) => judge(change, 0n).nextLookMs
  it('comes every second while a deposit is waited for, and ever later after the last step', () => {
    const days = (count: number) => ({ nowMs: dueAtMs, movedAtMs: dueAtMs - count * 86_400_000 })
    expect(next({})).toBe(1_000)
    expect(next({ ...days(5) })).toBe(1_000)
    expect(next({ state: 'completed', nowMs: dueAtMs, movedAtMs: dueAtMs })).toBe(1_000)
    expect(next({ state: 'completed', ...days(5) })).toBe(43_200_000)
    expect(next({ state: 'completed', ...days(80) })).toBe(86_400_000)
    expect(next({ state: 'completed', ...days(91) })).toBeNull()
    expect(next({ state: 'review', ...days(91) })).toBe(86_400_000)
  })
})
