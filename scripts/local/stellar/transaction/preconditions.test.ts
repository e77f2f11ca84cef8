import { Operation, type TransactionBuilder } from '@stellar/stellar-sdk/base'
import { expect, it } from 'vitest'
import { openWorld } from '../testing/world.ts'

const nothing = [Operation.bumpSequence({ bumpTo: '0' })]

const prepared = () => {
  const world = openWorld()
  const alice = world.person('alice')
  const under = (conditions: (builder: TransactionBuilder) => TransactionBuilder, sequence?: bigint) =>
    world.run({ source: alice, operations: nothing, with: conditions, ...(sequence === undefined ? {} : { sequence }) }).code
  const now = () => world.network.last().closeTime
  const ledger = () => world.network.last().sequence
  return { ...world, alice, under, now, ledger }
}

it('time bounds: not a second too early, and two expected ledgers of time left', () => {
  const { under, now } = prepared()
  expect(under(builder => builder.setTimebounds(now() + 1, 0))).toBe('refused txTooEarly')
  expect(under(builder => builder.setTimebounds(now(), 0))).toBe('txSuccess')
  expect(under(builder => builder.setTimebounds(0, now() + 9))).toBe('refused txTooLate')
  expect(under(builder => builder.setTimebounds(0, now() + 10))).toBe('txSuccess')
})

it('the time that must be left follows the pace of the network', () => {
  const { root, run, network } = openWorld({ expectedCloseSeconds: 1 })
  const until = (seconds: number) => (builder: TransactionBuilder) => builder.setTimebounds(0, network.last().closeTime + seconds)
  expect(run({ source: root, operations: nothing, with: until(1) }).code).toBe('refused txTooLate')
  expect(run({ source: root, operations: nothing, with: until(5) }).code).toBe('txSuccess')
})

it('ledger bounds: the first ledger counts, the last one does not', () => {
  const { under, ledger } = prepared()
  expect(under(builder => builder.setLedgerbounds(ledger() + 2, 0))).toBe('refused txTooEarly')
  expect(under(builder => builder.setLedgerbounds(ledger() + 1, 0))).toBe('txSuccess')
  expect(under(builder => builder.setLedgerbounds(0, ledger() + 1))).toBe('refused txTooLate')
  expect(under(builder => builder.setLedgerbounds(0, ledger() + 2))).toBe('txSuccess')
})

it('a minimum sequence number lets numbers be left out', () => {
  const { under, account, alice } = prepared()
  const { sequence } = account(alice)
  expect(under(builder => builder, sequence + 7n)).toBe('refused txBadSeq')
  expect(under(builder => builder.setMinAccountSequence(`${sequence + 1n}`), sequence + 7n)).toBe('refused txBadSeq')
  expect(under(builder => builder.setMinAccountSequence(`${sequence}`), sequence + 7n)).toBe('txSuccess')
  expect(account(alice).sequence).toBe(sequence + 7n)
})

it('minimum age and gap count from the last move of the sequence number', () => {
  const { under, close } = prepared()
  expect(under(builder => builder)).toBe('txSuccess')
  expect(under(builder => builder.setMinAccountSequenceLedgerGap(2))).toBe('refused txBadMinSeqAgeOrGap')
  close()
  expect(under(builder => builder.setMinAccountSequenceLedgerGap(2))).toBe('txSuccess')
  close(20)
  expect(under(builder => builder.setMinAccountSequenceAge(21n))).toBe('refused txBadMinSeqAgeOrGap')
  expect(under(builder => builder.setMinAccountSequenceAge(20n))).toBe('txSuccess')
})

it('the number with which accounts begin in a ledger is taken by none in it', () => {
  const { run, alice, account, ledger, under } = prepared()
  const starting = BigInt(ledger() + 2) << 32n
  expect(run({ source: alice, operations: [Operation.bumpSequence({ bumpTo: `${starting - 1n}` })] }).code).toBe('txSuccess')
  expect(under(builder => builder, starting)).toBe('refused txBadSeq')
  expect(account(alice).sequence).toBe(starting - 1n)
})
