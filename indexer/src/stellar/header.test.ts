import { xdr } from '@stellar/stellar-sdk/base'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { customer, hot, pay } from '../../support/stellar-transactions.ts'
import { type StellarWorld, startStellarWorld } from '../../support/stellar-world.ts'
import { headerOf, isComplete } from './header.ts'
import type { RawTransaction } from './transaction.ts'

let world: StellarWorld
beforeAll(async () => {
  world = await startStellarWorld()
  for (const by of ['channel', 'channel-2']) world.submit([pay(customer, hot, '1')], { by })
  world.submit([pay(customer, hot, '99999999')], { by: 'stranger' })
  world.close()
})
afterAll(() => world?.stop())

const read = () => {
  const { sequence, hash, headerXdr, transactions } = world.tip()
  return { ledger: { sequence, hash, header: xdr.LedgerHeader.fromXdr(headerXdr, 'base64') }, transactions }
}
const rawOf = ({ hash, index, envelopeXdr, resultXdr }: ReturnType<typeof read>['transactions'][number]): RawTransaction => ({
  ...{ ledger: BigInt(world.tip().sequence), order: index, hash: `0x${hash}`, envelopeXdr, resultXdr },
})

test('a ledger is what its header says: number, hash, parent and time', () => {
  const { ledger } = read()
  const { sequence, hash, previousHash, closeTime } = world.tip()
  expect(headerOf(ledger)).toMatchObject({
    ...{ number: BigInt(sequence), hash: `0x${hash}`, parentHash: `0x${previousHash}`, time: BigInt(closeTime) },
  })
})

test.each([
  ['number', { sequence: 99 }],
  ['hash', { hash: '00'.repeat(32) }],
])('a node that names another %s beside it is not believed', (_, change) => {
  expect(() => headerOf({ ...read().ledger, ...change })).toThrow(expect.objectContaining({ code: 'node_inconsistent' }))
})

test('by the hash of its results a ledger has all its transactions, failed ones too, in their order, and no others', () => {
  const { ledger, transactions } = read()
  const header = headerOf(ledger)
  const all = transactions.map(rawOf)
  expect(all).toHaveLength(3)
  expect(isComplete(header, all)).toBe(true)
  expect(isComplete(header, all.slice(0, 2))).toBe(false)
  expect(isComplete(header, all.slice(1))).toBe(false)
  expect(isComplete(header, [])).toBe(false)
  expect(isComplete(header, [...all].reverse())).toBe(false)
  expect(isComplete(header, [{ ...all[0]!, resultXdr: 'AAAA' }, ...all.slice(1)])).toBe(false)
  expect(isComplete(header, [{ ...all[0]!, hash: `0x${'00'.repeat(32)}` }, ...all.slice(1)])).toBe(false)
})

test('by their number it has all that succeeded', () => {
  const { ledger, transactions } = read()
  const successful = transactions.filter(transaction => transaction.successful).map(rawOf)
  const header = headerOf({ ...ledger, successful: 2 })
  expect(isComplete(header, successful)).toBe(true)
  expect(isComplete(header, successful.slice(1))).toBe(false)
})
