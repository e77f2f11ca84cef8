import { type Hex, numberToHex, zeroAddress } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Lie, type RpcProxy, startRpcProxy } from '../../test/support/rpc-proxy.ts'
import { compileContracts } from '../local/compile.ts'
import type { DiscrepancyCode } from './discrepancy.ts'
import { audit } from './run.ts'
import { termsId } from './terms-id.ts'
import { startHistory } from './testing/history.ts'
import { aboutBlocks, aboutEvent, aboutLogs, aboutView, isEvent, type WireLog } from './testing/lies.ts'

let history: Awaited<ReturnType<typeof startHistory>>
let liar: RpcProxy

beforeAll(async () => {
  await compileContracts()
  history = await startHistory()
  liar = await startRpcProxy(history.url)
}, 120_000)
afterAll(async () => {
  await liar.stop()
  await history.stop()
})
beforeEach(() => {
  liar.lie = (_, result) => result
})

const run = (options: Partial<Parameters<typeof audit>[0]> = {}) =>
  audit({ rpc: liar.url, escrow: history.escrow, patienceMs: 0, json: false, ...options })
const idOf = (terms: Parameters<typeof termsId>[0]): Hex => termsId(terms, history)

describe('a clean history', () => {
  test('has no discrepancy, and adds up', async () => {
    const report = await run()
    expect(report.discrepancies).toEqual([])
    expect(report).toMatchObject({ ok: true, chainId: history.chainId, escrow: history.escrow, skipped: 1 })
    expect(report.escrows).toEqual({ all: history.all.length, open: 4, released: 7, refunded: 3 })
    expect(report.tokens.map(({ token }) => token)).toEqual([history.token, history.second])
    expect(report.tokens[0]).toMatchObject({ locked: 205_500_000n, credited: 100_250_000n })
  })

  test('is the same from any block before it, and at any block', async () => {
    const whole = await run()
    expect(await run({ fromBlock: 0n })).toMatchObject({ ok: true, events: whole.events })
    const half = whole.block.number / 2n
    expect(await run({ block: half })).toMatchObject({ ok: true, block: { number: half, by: 'given' } })
  })

  test('begun too late has gaps, and they are told', async () => {
    const codes = (await run({ fromBlock: 12n })).discrepancies.map(({ code }) => code)
    expect(codes).toContain('sequence_gap')
  })
})

/** One lie, the code that must be found, and what the finding must be about. */
type Planted = readonly [name: string, code: DiscrepancyCode, lie: () => Lie, about?: () => Partial<{ escrowId: Hex }>]

const without = (name: string, terms: () => { ref: Hex }): Lie =>
  aboutLogs(logs => logs.filter(log => !isEvent(name, args => args.ref === terms().ref)(log)))
const ofRef = (terms: { ref: Hex }) => (args: { ref: Hex }) => args.ref === terms.ref
const forged: Hex = `0x${'f0'.repeat(32)}`

const planted: readonly Planted[] = [
  ['a lock that the node does not tell', 'sequence_gap', () => without('Locked', () => history.open)],
  ['a release that the node does not tell', 'sequence_gap', () => without('Released', () => history.released)],
  [
    'an escrow that ended, without the event',
    'status_mismatch',
    () => without('Released', () => history.released),
    () => ({ escrowId: idOf(history.released) }),
  ],
  ['the very last event', 'sequence_gap', () => without('Released', () => history.lateCommitted)],
  [
    'another amount in a lock',
    'id_mismatch',
    () => aboutEvent('Locked', ofRef(history.open), ({ amount }) => ({ amount: amount + 1n })),
    () => ({ escrowId: idOf(history.open) }),
  ],
  [
    'a forged ref in a lock',
    'id_mismatch',
    () => aboutEvent('Locked', ofRef(history.open), () => ({ ref: forged })),
    () => ({ escrowId: idOf(history.open) }),
  ],
  [
    'a forged ref in a release',
    'terms_mismatch',
    () => aboutEvent('Released', ofRef(history.released), () => ({ ref: forged })),
    () => ({ escrowId: idOf(history.released) }),
  ],
  [
    'another payee in a release',
    'terms_mismatch',
    () => aboutEvent('Released', ofRef(history.released), () => ({ payee: zeroAddress })),
  ],
  [
    'another payer in a refund',
    'terms_mismatch',
    () => aboutEvent('Refunded', ofRef(history.refunded), () => ({ payer: zeroAddress })),
  ],
  [
    'a smaller refund',
    'terms_mismatch',
    () => aboutEvent('Refunded', ofRef(history.refunded), ({ amount }) => ({ amount: amount - 1n })),
  ],
  [
    'a log twice',
    'sequence_repeated',
    () => aboutLogs(logs => logs.flatMap(log => (isEvent('Refunded', ofRef(history.refunded))(log) ? [log, log] : [log]))),
  ],
  [
    'a second end of an escrow',
    'escrow_not_open',
    () => aboutLogs(logs => logs.flatMap(log => (isEvent('Refunded', ofRef(history.refunded))(log) ? [log, log] : [log]))),
    () => ({ escrowId: idOf(history.refunded) }),
  ],
  [
    'a lock twice',
    'escrow_exists',
    () => aboutLogs(logs => logs.flatMap(log => (isEvent('Locked', ofRef(history.open))(log) ? [log, log] : [log]))),
    () => ({ escrowId: idOf(history.open) }),
  ],
  ['logs in another order', 'log_misplaced', () => aboutLogs(logs => logs.toReversed())],
  [
    'a log of a block that is not on this chain',
    'log_misplaced',
    () => aboutLogs(logs => logs.map((log, at) => (at === 3 ? { ...log, blockHash: forged } : log))),
  ],
  [
    'a log of another contract',
    'log_misplaced',
    () => aboutLogs(logs => logs.map((log, at) => (at === 3 ? { ...log, address: history.second } : log))),
  ],
  [
    'a log that nobody knows',
    'event_unknown',
    () => aboutLogs(logs => [...logs.slice(0, 4), { ...logs[4]!, topics: [forged] } as WireLog, ...logs.slice(5)]),
  ],
  [
    'a release of what was never locked',
    'escrow_not_open',
    () => aboutEvent('Released', ofRef(history.released), () => ({ id: forged })),
    () => ({ escrowId: forged }),
  ],
  [
    'a status that the contract denies',
    'status_mismatch',
    () => aboutView('statusOf', (status, [id]) => (id === idOf(history.open) ? 2 : status)),
  ],
  ['a total that the contract denies', 'locked_total_mismatch', () => aboutView('totalLocked', total => total - 1n)],
  [
    'a credit that the contract denies',
    'credit_mismatch',
    () => aboutView('creditOf', credit => (credit === 0n ? 0n : credit - 1n)),
  ],
  [
    'a sum of credits that the contract denies',
    'credit_total_mismatch',
    () => aboutView('tokenState', state => ({ ...state, credited: 0n })),
  ],
  [
    'a pause that no event tells of',
    'token_state_mismatch',
    () => aboutView('tokenState', state => ({ ...state, paused: true })),
  ],
  [
    'limits that no event tells of',
    'token_state_mismatch',
    () => aboutView('tokenState', state => ({ ...state, limits: { ...state.limits, capacity: 1n } })),
  ],
  ['a balance below what is owed', 'token_insolvent', () => aboutView('balanceOf', balance => balance - 1n)],
  ['another domain', 'domain_mismatch', () => aboutView('eip712Domain', domain => domain.with(3, 1n))],
  [
    'a credit for somebody else',
    'credit_unfounded',
    () =>
      aboutEvent(
        'Credited',
        () => true,
        () => ({ owner: zeroAddress }),
      ),
  ],
  [
    'a claim of more than the credit',
    'credit_unfounded',
    () =>
      aboutEvent(
        'CreditClaimed',
        () => true,
        ({ amount }) => ({ amount: amount + 1n }),
      ),
  ],
  [
    'a release during a pause',
    'stopped_token_moved',
    () =>
      aboutEvent(
        'TokenPaused',
        ({ paused }) => !paused,
        () => ({ paused: true }),
      ),
  ],
  [
    'a lock of a token that is not allowed',
    'stopped_token_moved',
    () =>
      aboutEvent(
        'TokenAllowed',
        ({ allowed }) => allowed,
        () => ({ allowed: false }),
      ),
  ],
  [
    'more released than the limits allow',
    'limit_exceeded',
    () =>
      aboutEvent(
        'LimitsChanged',
        () => true,
        ({ limits }) => ({ limits: { ...limits, capacity: 1_000_000n } }),
      ),
  ],
  [
    'a commit after the payer could have had his money back',
    'too_late',
    () => aboutBlocks(({ timestamp }) => ({ timestamp: numberToHex(BigInt(timestamp!) + 30n * 86_400n) })),
  ],
]

describe('what is planted is found', () => {
  for (const [name, code, lie, about] of planted)
    test(`${name}: ${code}`, async () => {
      liar.lie = lie()
      const { ok, discrepancies } = await run()
      expect(ok).toBe(false)
      const found = discrepancies.filter(discrepancy => discrepancy.code === code)
      expect(found.length, JSON.stringify(discrepancies.map(({ code }) => code))).toBeGreaterThan(0)
      if (about) expect(found).toContainEqual(expect.objectContaining(about()))
    })

  test('a block that is another one at the end: block_changed', async () => {
    let asked = 0
    const { number } = (await run()).block
    liar.lie = aboutBlocks(block => (BigInt(block.number!) === number && ++asked > 2 ? { hash: forged } : {}))
    expect((await run()).discrepancies.map(({ code }) => code)).toContain('block_changed')
  })

  test('a discrepancy says where it is', async () => {
    liar.lie = aboutEvent('Refunded', ofRef(history.refunded), ({ amount }) => ({ amount: amount - 1n }))
    const [found] = (await run()).discrepancies
    expect(found).toMatchObject({
      ...{ code: 'terms_mismatch', escrowId: idOf(history.refunded), expected: 'amount 100250000', found: '100249999' },
      place: { block: expect.any(BigInt), txHash: expect.stringMatching(/^0x/), logIndex: 0 },
    })
  })
})

describe('what the node cannot do', () => {
  test('a node that refuses wide ranges and hiccups is read all the same', async () => {
    const whole = await run()
    let calls = 0
    liar.lie = ({ method, params }, result) => {
      if (method !== 'eth_getLogs') return result
      const { fromBlock, toBlock } = params[0] as { fromBlock: Hex; toBlock: Hex }
      calls++
      return BigInt(toBlock) - BigInt(fromBlock) > 9n ? null : result
    }
    expect(await run()).toMatchObject({ ok: true, events: whole.events })
    expect(calls).toBeGreaterThan(5)
  })

  test('an address without a contract, or with another one, is no escrow', async () => {
    await expect(run({ escrow: history.stranger.address })).rejects.toMatchObject({ code: 'not_an_escrow' })
    await expect(run({ escrow: history.token, fromBlock: 0n })).rejects.toMatchObject({ code: 'not_an_escrow' })
  })

  test('a node that does not answer is a failure of the audit, not a finding', async () => {
    await expect(run({ rpc: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'rpc_unavailable' })
  })
})
