import { Account, Asset, Claimant, Memo, MuxedAccount, type xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, test } from 'vitest'
import {
  always,
  balanceIdIn,
  build,
  bump,
  bumped,
  claim,
  clawBack,
  cold,
  create,
  customer,
  deadline,
  delivery,
  hashOf,
  hot,
  issuer,
  networkId,
  nextBalanceId,
  passphrase,
  pay,
  raw,
  ref,
  refMemo,
  split,
  stranger,
  token,
  watched,
} from '../../support/stellar-transactions.ts'
import { balanceMadeBy, type KnownBalance } from './balance.ts'
import { decode } from './decode.ts'
import { escrowIdOf } from './escrow-id.ts'
import { interpret } from './interpret.ts'
import { paymentIdOf } from './payment-id.ts'
import type { RawTransaction } from './transaction.ts'

const block = { number: 7n, hash: '0xb7' as const }
const see = (transaction: RawTransaction, known = new Map<string, KnownBalance>()) => {
  const decoded = decode(transaction, networkId)
  if (decoded.kind !== 'done') throw new Error(JSON.stringify(decoded))
  return interpret(decoded.transaction, block, watched, known)
}
const events = (operations: xdr.Operation[], memo: Memo = refMemo, known?: Map<string, KnownBalance>) =>
  see(raw(build(operations, memo)), known).events
const oddities = (operations: xdr.Operation[], memo: Memo = refMemo, known?: Map<string, KnownBalance>) =>
  see(raw(build(operations, memo)), known).oddities.map(({ reason }) => reason)

const amount = 1_002_500_000n
const escrowId = escrowIdOf({ ...{ passphrase, ref, token, amount, payer: hot, hot, cold }, refundAfter: deadline })

/** A balance that an earlier transaction has made, and what is known since. */
const existing = (operation: xdr.Operation, before = new Map<string, KnownBalance>()) => {
  const transaction = build([operation])
  const known = new Map(before)
  for (const event of see(raw(transaction), before).events) {
    const made = balanceMadeBy(event)
    if (made) known.set(...made)
  }
  return { id: balanceIdIn(transaction, 0), known }
}
const hold = existing(create(hot, split(hot, cold)))
const ofIssuer = existing(create(issuer, split(hot, cold)))
const deposit = existing(create(customer, split(hot, customer)))

describe('a lock', () => {
  test('is a balance that hot may claim before a time and cold from it on', () => {
    const transaction = build([create(hot, split(hot, cold))])
    const seen = raw(transaction)
    expect(see(seen)).toEqual({
      oddities: [],
      events: [
        {
          ...{ type: 'escrowLocked', escrowId, ref, token, payer: hot, amount },
          ...{ txHash: hashOf(transaction), ordinal: 0, blockNumber: 7n, blockHash: '0xb7', logIndex: seen.order * 100 },
          payload: {
            ...{ balanceId: balanceIdIn(transaction, 0), ref, token, amount: '1002500000', payer: hot, hot, cold },
            ...{ refundAfter: String(deadline), source: transaction.source, sequence: '0' },
          },
        },
      ],
    })
  })

  test('is one in either order of its claimants', () => {
    expect(events([create(hot, split(hot, cold).reverse())])).toMatchObject([{ type: 'escrowLocked', escrowId }])
  })

  test('by anybody else has another id, whatever ref he copied', () => {
    const [event] = events([create(stranger, split(hot, cold))])
    expect(event).toMatchObject({ type: 'escrowLocked', ref, payer: stranger })
    expect(event?.escrowId).not.toBe(escrowId)
  })

  test('twice in one transaction are two facts', () => {
    expect(events([create(hot, split(hot, cold)), create(hot, split(hot, cold))]).map(({ ordinal }) => ordinal)).toEqual([0, 1])
  })

  test('whose fee was raised is told under its inner hash', () => {
    const inner = build([create(hot, split(hot, cold))])
    const outer = bump(inner)
    expect(see(raw(outer, bumped(inner))).events).toMatchObject([
      { txHash: hashOf(inner), escrowId, payload: { feeBumpHash: hashOf(outer) } },
    ])
  })

  test.each<[string, xdr.Operation, Memo]>([
    ['without a ref', create(hot, split(hot, cold)), Memo.none()],
    ['under a text', create(hot, split(hot, cold)), Memo.text('ref')],
    ['of an asset that somebody else calls the same', create(hot, split(hot, cold), '1', new Asset('USDC', stranger)), refMemo],
    ['of our own lumens', create(hot, split(hot, cold), '1', Asset.native()), refMemo],
    ['the wrong way round', create(hot, split(cold, hot)), refMemo],
    ['with a third claimant', create(hot, [...split(hot, cold), new Claimant(customer, always)]), refMemo],
    ['with hot alone', create(hot, split(hot, cold).slice(0, 1)), refMemo],
    ['with a gap', create(hot, [split(hot, cold, 5n)[0]!, split(hot, cold, 6n)[1]!]), refMemo],
    ['of strangers', create(stranger, split(stranger, customer)), refMemo],
    [
      'with a relative time',
      create(hot, [new Claimant(hot, Claimant.predicateBeforeRelativeTime('9')), split(hot, cold)[1]!]),
      refMemo,
    ],
  ])('is none %s', (_, operation, memo) => {
    expect(events([operation], memo)).toEqual([])
  })

  test('from a stranger in a shape that is none of ours is told without an id, if hot could claim it, and so are lumens', () => {
    const odd = [new Claimant(hot, always)]
    for (const [operation, memo] of [
      [create(stranger, odd), refMemo],
      [create(stranger, split(hot, customer)), Memo.text('CW-1')],
      [create(stranger, [...split(hot, customer), new Claimant(stranger, always)]), refMemo],
      [create(stranger, odd, '100.25', Asset.native()), refMemo],
    ] as const) {
      const [event, ...more] = events([operation], memo)
      expect(more).toEqual([])
      expect(event).toMatchObject({ type: 'depositReceived', payer: stranger, amount, payload: { memoType: memo.type } })
      expect(event).toHaveProperty('payload.balanceId')
      expect(event).not.toHaveProperty('escrowId')
      expect(oddities([operation], memo)).toEqual([])
    }
    expect(events([create(stranger, split(hot, stranger), '1', Asset.native())])).toMatchObject([
      { type: 'depositReceived', token: 'native', escrowId: expect.any(String) },
    ])
  })

  test('from a stranger in such a shape and without a memo is for a person', () => {
    const ask = (operation: xdr.Operation) => oddities([operation], Memo.none())
    expect(ask(create(stranger, [new Claimant(hot, always)]))).toEqual(['balance_shape_unknown'])
    expect(ask(create(stranger, split(stranger, customer)))).toEqual([])
    expect(ask(create(stranger, [new Claimant(hot, always)], '1', new Asset('USDC', stranger)))).toEqual([])
  })
})

describe('the claim of a hold', () => {
  const about = { escrowId, ref, token, amount }

  test('is a release when the money goes on to the customer', () => {
    expect(events([claim(hot, hold.id), pay(hot, customer)], refMemo, hold.known)).toMatchObject([
      {
        ...about,
        type: 'escrowReleased',
        payee: customer,
        ordinal: 0,
        payload: { balance: 'hold', endedBalanceId: hold.id, by: hot },
      },
    ])
  })

  test('names the customer as he was addressed', () => {
    const muxed = new MuxedAccount(new Account(customer, '0'), '5').accountId()
    expect(events([claim(hot, hold.id), pay(hot, muxed)], refMemo, hold.known)).toMatchObject([{ payee: muxed }])
  })

  test('is a release when the money waits for the customer, who collects it or does not', () => {
    const operations = [claim(hot, hold.id), create(hot, delivery(customer))]
    const transaction = build(operations)
    const { events: found } = see(raw(transaction), hold.known)
    const balanceId = balanceIdIn(transaction, 1)
    expect(found).toMatchObject([
      { ...about, type: 'escrowReleased', payee: customer, payload: { balanceId, reclaimableFrom: String(deadline + 100n) } },
    ])
    const known = new Map([balanceMadeBy(found[0]!)!])
    const ended = { ...about, payee: customer, payload: { balance: 'delivery', endedBalanceId: balanceId } }
    expect(events([claim(customer, balanceId)], Memo.none(), known)).toMatchObject([{ ...ended, type: 'deliveryClaimed' }])
    expect(events([claim(hot, balanceId)], Memo.none(), known)).toMatchObject([{ ...ended, type: 'deliveryReclaimed' }])
    expect(events([clawBack(balanceId)], Memo.none(), known)).toMatchObject([
      { ...about, type: 'escrowClawedBack', payload: { balance: 'delivery' } },
    ])
  })

  test.each<[string, xdr.Operation[], typeof hold]>([
    ['by hot, who keeps it', [claim(hot, hold.id)], hold],
    ['by cold', [claim(cold, hold.id)], hold],
    ['by cold, who gives it to the treasury', [claim(cold, hold.id), pay(cold, hot)], hold],
    ['by hot, who burns it', [claim(hot, ofIssuer.id), pay(hot, issuer)], ofIssuer],
    ['by cold, who burns it', [claim(cold, ofIssuer.id), pay(cold, issuer)], ofIssuer],
    ['with a payment of somebody else beside it', [claim(hot, hold.id), pay(stranger, customer)], hold],
    ['with another asset going on', [claim(hot, hold.id), pay(hot, customer, '100.25', Asset.native())], hold],
    ['after the customer was paid', [pay(hot, customer), claim(hot, hold.id)], hold],
  ])('is a refund %s', (_, operations, { known }) => {
    const [event, ...more] = events(operations, refMemo, known)
    expect([event?.type, event?.payer, more]).toEqual(['escrowRefunded', known === hold.known ? hot : issuer, []])
  })

  test('with another amount going on is a refund that a person should look at', () => {
    expect(events([claim(hot, hold.id), pay(hot, customer, '100')], refMemo, hold.known)).toMatchObject([
      { type: 'escrowRefunded' },
    ])
    expect(oddities([claim(hot, hold.id), pay(hot, customer, '100')], refMemo, hold.known)).toEqual(['claim_moved_on_unclear'])
    expect(oddities([claim(hot, hold.id), pay(hot, customer)], refMemo, hold.known)).toEqual([])
  })

  test('of two holds at once: each payment releases one of them', () => {
    const other = existing(create(hot, split(hot, cold, deadline + 1n)), hold.known)
    const operations = [claim(hot, hold.id), claim(hot, other.id), pay(hot, customer)]
    expect(events(operations, refMemo, other.known).map(({ type }) => type)).toEqual(['escrowReleased', 'escrowRefunded'])
    expect(events([...operations, pay(hot, stranger)], refMemo, other.known)).toMatchObject([
      { type: 'escrowReleased', payee: customer },
      { type: 'escrowReleased', payee: stranger },
    ])
  })

  test('that this very transaction has made is a release too', () => {
    const operations = [create(hot, split(hot, cold)), claim(hot, nextBalanceId()), pay(hot, customer)]
    expect(events(operations).map(({ type }) => type)).toEqual(['escrowLocked', 'escrowReleased'])
  })

  test("is nobody's business when we do not know the balance", () => {
    expect(events([claim(hot, hold.id), pay(hot, customer), clawBack(hold.id)])).toEqual([])
  })

  test('may be forestalled by the issuer, who takes the money back', () => {
    expect(events([clawBack(hold.id)], Memo.none(), hold.known)).toMatchObject([
      { ...about, type: 'escrowClawedBack', payer: hot, payload: { balance: 'hold', by: issuer } },
    ])
  })
})

describe('a deposit in a balance', () => {
  const terms = { ...{ passphrase, ref, token, amount, payer: customer, hot, cold: customer }, refundAfter: deadline }
  const about = { escrowId: escrowIdOf(terms), ref, token, amount }

  test("is the customer's: ours before a time, his again from it on", () => {
    expect(events([create(customer, split(hot, customer))])).toMatchObject([
      { ...about, type: 'depositReceived', payer: customer },
    ])
  })

  test('is none when the money is ours', () => {
    for (const us of [hot, cold, issuer]) expect(events([create(us, split(hot, customer))])).toEqual([])
  })

  test('has an end that says which of two alike it is of', () => {
    const { id, known } = deposit
    const [ended] = events([claim(customer, id)], Memo.none(), known)
    expect(ended?.payload.madeBy).toBe([...known.values()][0]?.madeBy)
    expect(ended?.payload.madeBy).toMatch(/^0x[0-9a-f]{64}:0$/)
  })

  test('is released to us, refunded to him, or clawed back', () => {
    const { id, known } = deposit
    const of = (...operations: xdr.Operation[]) => events(operations, refMemo, known)
    const balance = { payload: { balance: 'deposit' } }
    expect(of(claim(hot, id))).toMatchObject([{ ...about, ...balance, type: 'escrowReleased', payee: hot }])
    expect(of(claim(customer, id))).toMatchObject([{ ...about, ...balance, type: 'escrowRefunded', payer: customer }])
    expect(of(claim(hot, id), pay(hot, customer))).toMatchObject([
      { ...about, ...balance, type: 'escrowRefunded', payer: customer },
    ])
    expect(of(claim(hot, id), pay(hot, stranger))).toMatchObject([{ type: 'escrowRefunded', payer: customer }])
    expect(of(claim(hot, id), pay(hot, issuer))).toMatchObject([{ type: 'escrowReleased', payee: hot }])
    expect(of(clawBack(id))).toMatchObject([{ ...about, ...balance, type: 'escrowClawedBack', payer: customer }])
  })
})

describe('a deposit by a plain payment', () => {
  const muxed = new MuxedAccount(new Account(hot, '0'), '77').accountId()

  test.each<[string, Memo, string, string, string]>([
    ['a ref', refMemo, hot, 'hash', ref],
    ['a text', Memo.text('order 7'), hot, 'text', 'order 7'],
    ['a number', Memo.id('42'), hot, 'id', '42'],
    ['a return hash', Memo.return(Buffer.alloc(32, 1)), hot, 'return', `0x${'01'.repeat(32)}`],
    ['the number in our address', Memo.none(), muxed, 'muxed', '77'],
    ['a memo rather than the number in our address', Memo.id('42'), muxed, 'id', '42'],
  ])('is told apart by %s', (_, memo, to, memoType, label) => {
    const [event, ...more] = events([pay(customer, to)], memo)
    expect(more).toEqual([])
    expect(event).toMatchObject({
      ...{ type: 'depositReceived', ref: label, token, amount, payer: customer, payee: to, ordinal: 0, payload: { memoType } },
    })
    // Only under a ref can a payment be what was agreed.
    const id = paymentIdOf({ ...{ passphrase, ref, token, amount, payer: customer, hot } })
    expect(event?.escrowId).toBe(memoType === 'hash' ? id : undefined)
  })

  test('of lumens under a ref is told, too, and of another amount or customer has another id', () => {
    const ids = [pay(customer, hot), pay(customer, hot, '1'), pay(stranger, hot), pay(customer, hot, '100.25', Asset.native())]
    expect(new Set(ids.map(operation => events([operation])[0]?.escrowId)).size).toBe(4)
  })

  test('with a hostile memo is told all the same, and shown to a person', () => {
    const hostile = Memo.text(new Uint8Array([0, 0xff, 0x27]))
    expect(events([pay(customer, hot)], hostile)).toMatchObject([{ ref: "\\0\\xff'" }])
    expect(oddities([pay(customer, hot)], hostile)).toEqual(['memo_unprintable'])
  })

  test.each<[string, xdr.Operation, Memo]>([
    ['without a memo', pay(customer, hot), Memo.none()],
    ['with an empty memo', pay(customer, hot), Memo.text('')],
    ['to somebody else', pay(customer, stranger), refMemo],
    ['of cold, that brings a refund home', pay(cold, hot), refMemo],
    ['of the issuer, that fills the treasury', pay(issuer, hot), refMemo],
    ['of lumens without a ref', pay(customer, hot, '1', Asset.native()), Memo.text('gas money')],
    ['of an asset that somebody else calls the same', pay(customer, hot, '1', new Asset('USDC', stranger)), refMemo],
  ])('is none %s', (_, operation, memo) => {
    expect(events([operation], memo)).toEqual([])
  })
})

describe('what the treasury pays back', () => {
  const [came] = events([pay(customer, hot)])

  test('under a ref is a refund, under the id of what came', () => {
    expect(events([pay(hot, customer)])).toMatchObject([
      { type: 'escrowRefunded', escrowId: came?.escrowId, ref, token, amount, payer: customer },
    ])
  })

  test.each<[string, xdr.Operation[], Memo]>([
    ['of what no transfer took', [pay(hot, customer)], Memo.return(Buffer.alloc(32, 1))],
    ['without a ref', [pay(hot, customer)], Memo.none()],
    ['to one of us', [pay(hot, cold)], refMemo],
    ['to the issuer', [pay(hot, issuer)], refMemo],
    ['by somebody else', [pay(stranger, customer)], refMemo],
    ['together with more', [pay(hot, customer), pay(hot, customer)], refMemo],
    ['in lumens', [pay(hot, customer, '1', Asset.native())], refMemo],
  ])('is none %s', (_, operations, memo) => {
    expect(events(operations, memo)).toEqual([])
  })
})
