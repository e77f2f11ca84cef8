import { type Abi, encodeAbiParameters, encodeEventTopics, type Hex, pad, toHex } from 'viem'
import { expect, test } from 'vitest'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import { decode } from './decode.ts'
import type { ChainLog } from './log.ts'

const word = (n: number) => pad(toHex(n), { size: 32 })
const address = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const common = { id: word(1), ref: word(2), token: address, payer: address, payee: address, owner: address, sequence: 7 }
const locked = { ...common, amount: 2n ** 256n - 1n, refundAfter: 10n, hardDeadline: 2n ** 64n - 1n, onExpiry: 1 }

const log = (
  eventName: string,
  args: Record<string, unknown>,
  at: { tx: number; logIndex: number; block?: number },
): ChainLog => {
  const event = escrowAbi.find(item => item.type === 'event' && item.name === eventName) as Extract<
    Abi[number],
    { type: 'event' }
  >
  const plain = event.inputs.filter(input => !input.indexed)
  return {
    blockHash: word(at.block ?? 1),
    blockNumber: 1n,
    txHash: word(at.tx),
    logIndex: at.logIndex,
    topics: encodeEventTopics({ abi: [event], args }) as ChainLog['topics'],
    data: encodeAbiParameters(
      plain,
      plain.map(input => args[input.name!]),
    ),
  }
}
const never = () => expect.unreachable()

test('a lock, with every argument, integers as strings', () => {
  const {
    events: [event],
  } = decode([log('Locked', locked, { tx: 1, logIndex: 4 })], never)
  expect(event).toEqual({
    type: 'escrowLocked',
    escrowId: word(1),
    ref: word(2),
    token: address,
    payer: address,
    payee: address,
    amount: 2n ** 256n - 1n,
    payload: {
      ...{ id: word(1), ref: word(2), token: address, payer: address, payee: address },
      ...{ amount: String(2n ** 256n - 1n), refundAfter: '10', hardDeadline: '18446744073709551615', onExpiry: 1, sequence: '7' },
    },
    txHash: word(1),
    ordinal: 0,
    blockNumber: 1n,
    blockHash: word(1),
    logIndex: 4,
  })
})

test('a release has a payee only, a refund a payer only, a commit no amount, a credit an owner, and each its sequence', () => {
  const { events } = decode(
    [
      log('Released', { ...common, amount: 5n }, { tx: 1, logIndex: 0 }),
      log('Refunded', { ...common, amount: 5n }, { tx: 2, logIndex: 1 }),
      log('Committed', { ...common, amount: 5n }, { tx: 3, logIndex: 2 }),
      log('Credited', { ...common, amount: 5n }, { tx: 4, logIndex: 3 }),
    ],
    never,
  )
  expect(events.map(event => [event.type, 'payer' in event, 'payee' in event, event.amount, event.payload.owner])).toEqual([
    ['escrowReleased', false, true, 5n, undefined],
    ['escrowRefunded', true, false, 5n, undefined],
    ['escrowCommitted', false, false, undefined, undefined],
    ['escrowCredited', false, false, 5n, address],
  ])
  expect(events.map(event => event.payload.sequence)).toEqual(['7', '7', '7', '7'])
})

test('ordinals count all logs of the escrow within a transaction, in each block anew', () => {
  const { events } = decode(
    [
      log('Locked', locked, { tx: 1, logIndex: 3 }),
      log('TokenPaused', { token: address, paused: true, by: address, sequence: 8 }, { tx: 1, logIndex: 5 }),
      log('Released', { ...common, amount: 5n }, { tx: 1, logIndex: 9 }),
      log('Locked', locked, { tx: 2, logIndex: 10 }),
      log('Locked', locked, { tx: 1, logIndex: 0, block: 2 }),
    ],
    never,
  )
  expect(events.map(event => [event.txHash, event.ordinal, event.logIndex])).toEqual([
    [word(1), 0, 3],
    [word(1), 2, 9],
    [word(2), 0, 10],
    [word(1), 0, 0],
  ])
})

test('a log that the ABI lacks is told and counted, not decoded', () => {
  const told: string[] = []
  const stranger: ChainLog = {
    ...log('Locked', locked, { tx: 1, logIndex: 0 }),
    topics: [word(99)] as unknown as ChainLog['topics'],
  }
  const { events } = decode([stranger, log('Locked', locked, { tx: 1, logIndex: 1 })], topic => told.push(topic))
  expect(told).toEqual([word(99)])
  expect(events.map(event => event.ordinal)).toEqual([1])
})

test('a known event that does not decode stops the reading', () => {
  const broken: ChainLog = { ...log('Locked', locked, { tx: 1, logIndex: 0 }), data: '0x01' as Hex }
  expect(() => decode([broken], never)).toThrow(expect.objectContaining({ code: 'log_undecodable' }))
})
