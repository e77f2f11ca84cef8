import { type Hex, zeroAddress } from 'viem'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { compileContracts } from '../local/compile.ts'
import type { DiscrepancyCode } from './discrepancy.ts'
import type { LedgerEntry } from './ledger-api.ts'
import { audit } from './run.ts'
import { type LockedTerms, termsId } from './terms-id.ts'
import { type Cook, entriesOf, honestBooks, startLedger, transferOf } from './testing/books.ts'
import { startHistory } from './testing/history.ts'

let history: Awaited<ReturnType<typeof startHistory>>
let ledger: Awaited<ReturnType<typeof startLedger>>

beforeAll(async () => {
  await compileContracts()
  history = await startHistory()
  ledger = await startLedger()
}, 120_000)
afterAll(async () => {
  await ledger.stop()
  await history.stop()
})
beforeEach(() => {
  ledger.books = honestBooks(history)
})

const run = (apiKey = ledger.key, patienceMs = 0) =>
  audit({ rpc: history.url, escrow: history.escrow, ledgerUrl: ledger.url, apiKey, patienceMs, json: false })
const idOf = (terms: LockedTerms): Hex => termsId(terms, history)

test('honest books match, and what strangers lock is not held against them', async () => {
  const report = await run()
  expect(report.discrepancies).toEqual([])
  expect(report.ledger).toEqual({ transfers: 12, matched: 12, foreign: 2 })
})

test('a lock that the ledger has not booked yet, and does in time, is no discrepancy', async () => {
  const { transfers, entries } = ledger.books
  ledger.books = entriesOf(idOf(history.open), () => [])(ledger.books)
  const running = run(ledger.key, 20_000)
  setTimeout(() => {
    ledger.books = { transfers, entries }
  }, 700)
  expect((await running).discrepancies).toEqual([])
})

test('a key that the ledger does not know is a failure of the audit', async () => {
  await expect(run('another')).rejects.toMatchObject({ code: 'ledger_unavailable' })
})

const withAmount = (entry: LedgerEntry, value: string): LedgerEntry => ({
  ...entry,
  postings: entry.postings.map(posting => ({ ...posting, amount: { ...posting.amount, value } })),
})
const stray: LedgerEntry = {
  ...{ id: 'en_stray', transferId: 'tr_stray', kind: 'lockFinalized' },
  postings: [{ account: 'escrow:evm:31337:USDC', layer: 'posted', amount: { value: '7.000000', asset: 'USDC' } }],
}
const unseen: Hex = `0x${'ab'.repeat(32)}`

const cooked: readonly (readonly [name: string, code: DiscrepancyCode, cook: () => Cook])[] = [
  [
    'an escrow of ours without a transfer',
    'escrow_without_transfer',
    () =>
      ({ transfers, entries }) => ({ transfers: transfers.filter(({ escrow }) => escrow.id !== idOf(history.open)), entries }),
  ],
  [
    'a transfer whose escrow the chain does not know',
    'transfer_without_escrow',
    () => transferOf(idOf(history.open), ({ escrow }) => ({ escrow: { ...escrow, id: unseen } })),
  ],
  [
    'a forged ref',
    'ledger_ref_mismatch',
    () => transferOf(idOf(history.open), ({ escrow }) => ({ escrow: { ...escrow, ref: unseen } })),
  ],
  [
    'another amount',
    'ledger_amount_mismatch',
    () => transferOf(idOf(history.open), () => ({ destinationAmount: { value: '100.240000', asset: 'USDC' } })),
  ],
  [
    'another payee',
    'ledger_party_mismatch',
    () => transferOf(idOf(history.open), () => ({ destination: { type: 'chain_address', address: zeroAddress } })),
  ],
  [
    'a refund that was a release',
    'ledger_state_mismatch',
    () => transferOf(idOf(history.released), () => ({ state: 'compensated' })),
  ],
  ['a release that was a refund', 'ledger_state_mismatch', () => transferOf(idOf(history.late), () => ({ state: 'completed' }))],
  [
    'an end of what is still open',
    'ledger_state_mismatch',
    () => transferOf(idOf(history.openCommitted), () => ({ state: 'completed' })),
  ],
  ['a lock that was never booked', 'posting_missing', () => entriesOf(idOf(history.open), () => [])],
  ['a release that was never booked', 'posting_missing', () => entriesOf(idOf(history.released), ([lock]) => [lock!])],
  [
    'a posting of another amount',
    'posting_mismatch',
    () => entriesOf(idOf(history.open), ([lock]) => [withAmount(lock!, '99.000000')]),
  ],
  [
    'a posting for no transfer',
    'ledger_total_mismatch',
    () =>
      ({ transfers, entries }) => ({ transfers, entries: [...entries, stray] }),
  ],
]

for (const [name, code, cook] of cooked)
  test(`${name}: ${code}`, async () => {
    ledger.books = cook()(ledger.books)
    const { ok, discrepancies } = await run()
    expect(ok).toBe(false)
    expect(discrepancies.map(discrepancy => discrepancy.code)).toContain(code)
  })
