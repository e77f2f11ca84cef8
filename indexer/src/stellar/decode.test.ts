import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Account, Asset, Memo, MuxedAccount, Operation, xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, test } from 'vitest'
import {
  balanceIdIn,
  build,
  bump,
  bumped,
  channel,
  claim,
  cold,
  create,
  customer,
  deadline,
  hashOf,
  hot,
  networkId,
  pay,
  raw,
  ref,
  split,
  stranger,
  successful,
  token,
  usdc,
} from '../../support/stellar-transactions.ts'
import { decode } from './decode.ts'
import type { RawTransaction } from './transaction.ts'

const done = (transaction: RawTransaction) => {
  const decoded = decode(transaction, networkId)
  if (decoded.kind !== 'done') throw new Error(JSON.stringify(decoded))
  return decoded.transaction
}

describe('a transaction', () => {
  test('of our making: who, what, until when, and the balance that came of it', () => {
    const transaction = build([create(hot, split(hot, cold)), pay(customer, stranger)])
    expect(done(raw(transaction))).toMatchObject({
      ...{ ledger: 7n, hash: hashOf(transaction), source: channel, memo: { type: 'hash', value: ref } },
      movements: [
        {
          ...{ kind: 'balanceCreated', index: 0, by: hot, balanceId: balanceIdIn(transaction, 0), token, amount: 1_002_500_000n },
          claimants: [
            { account: hot, window: { kind: 'before', time: deadline } },
            { account: cold, window: { kind: 'from', time: deadline } },
          ],
        },
        { kind: 'paid', index: 1, by: customer, to: stranger, toAddress: stranger, token, amount: 1_002_500_000n },
      ],
    })
  })

  test('keeps the index of an operation among all of them', () => {
    const id = balanceIdIn(build([create(hot, split(hot, cold))]), 0)
    const nothing = Operation.manageData({ name: 'x', value: 'y' })
    expect(done(raw(build([nothing, nothing, claim(hot, id)]))).movements).toEqual([
      { kind: 'balanceClaimed', index: 2, by: hot, balanceId: id },
    ])
  })

  test('whose fee somebody else raised has its inner hash, and keeps the outer one', () => {
    const inner = build([pay(customer, hot)])
    const outer = bump(inner)
    expect(done(raw(outer, bumped(inner)))).toMatchObject({ hash: hashOf(inner), feeBumpHash: hashOf(outer), source: channel })
  })

  test('in the envelope of old has the hash that it always had', () => {
    const transaction = build([pay(customer, hot)])
    const { tx, signatures } = (transaction.toEnvelope() as xdr.TransactionEnvelopeTx).v1
    const { fee, seqNum, memo, operations } = tx
    const v0 = new xdr.TransactionV0({
      sourceAccountEd25519: (tx.sourceAccount as xdr.MuxedAccountEd25519).ed25519.value,
      ...{ fee, seqNum, memo, operations, timeBounds: new xdr.TimeBounds({ minTime: 0n, maxTime: 0n }) },
      ext: xdr.TransactionV0Ext.v0(),
    })
    const envelope = xdr.TransactionEnvelope.envelopeTypeTxV0(new xdr.TransactionV0Envelope({ tx: v0, signatures }))
    expect(done({ ...raw(transaction), envelopeXdr: envelope.toXdr('base64') })).toMatchObject({ hash: hashOf(transaction) })
  })

  test('to a muxed account names the account and the address', () => {
    const muxed = new MuxedAccount(new Account(hot, '0'), '77').accountId()
    expect(done(raw(build([pay(customer, muxed)]))).movements).toMatchObject([{ to: hot, toAddress: muxed, muxedId: 77n }])
  })

  test('over a path says what arrived, not what was sent', () => {
    const send = Operation.pathPaymentStrictSend({
      ...{
        source: customer,
        sendAsset: Asset.native(),
        sendAmount: '500',
        destination: hot,
        destAsset: usdc,
        destMin: '1',
        path: [],
      },
    })
    const receive = Operation.pathPaymentStrictReceive({
      ...{
        source: customer,
        sendAsset: Asset.native(),
        sendMax: '500',
        destination: hot,
        destAsset: usdc,
        destAmount: '7',
        path: [],
      },
    })
    const transaction = build([send, receive])
    const last = new xdr.SimplePaymentResult({
      ...{ destination: key(hot), asset: usdc.toXdrObject(), amount: 12_345n },
    })
    const results = [
      xdr.OperationResultTr.pathPaymentStrictSend(
        xdr.PathPaymentStrictSendResult.pathPaymentStrictSendSuccess(
          new xdr.PathPaymentStrictSendResultSuccess({ offers: [], last }),
        ),
      ),
      xdr.OperationResultTr.pathPaymentStrictReceive(
        xdr.PathPaymentStrictReceiveResult.pathPaymentStrictReceiveSuccess(
          new xdr.PathPaymentStrictReceiveResultSuccess({ offers: [], last }),
        ),
      ),
    ].map(result => xdr.OperationResult.opInner(result))
    expect(done(raw(transaction, successful(transaction, results))).movements).toMatchObject([
      { token, amount: 12_345n, to: hot },
      { token, amount: 70_000_000n, to: hot },
    ])
  })

  test.each([
    [Memo.none(), { type: 'none', value: '' }],
    [Memo.id('18446744073709551615'), { type: 'id', value: '18446744073709551615' }],
    [Memo.text('order 7'), { type: 'text', value: 'order 7' }],
    [Memo.text(new Uint8Array([0, 0xff, 0x41, 0x5c, 10])), { type: 'text', value: '\\0\\xffA\\\\\\n' }],
    [Memo.return(Buffer.alloc(32, 1)), { type: 'return', value: `0x${'01'.repeat(32)}` }],
  ])('has a memo that can be stored, whatever it is', (memo, expected) => {
    expect(done(raw(build([pay(customer, hot)], memo))).memo).toEqual(expected)
  })

  test('that failed did nothing, whatever its operations say', () => {
    const transaction = build([pay(customer, hot)])
    const failed = new xdr.TransactionResult({
      feeCharged: 100n,
      result: xdr.TransactionResultResult.txFailed([
        xdr.OperationResult.opInner(xdr.OperationResultTr.payment(xdr.PaymentResult.paymentSuccess())),
      ]),
      ext: xdr.TransactionResultExt.v0(),
    })
    expect(decode(raw(transaction, failed), networkId)).toEqual({ kind: 'failed' })
  })
})

const key = (account: string) => xdr.PublicKey.fromXdr(Buffer.concat([Buffer.alloc(4), rawKey(account)]))
const rawKey = (account: string) =>
  (new MuxedAccount(new Account(account, '0'), '0').toXdrObject() as xdr.MuxedAccountMuxedEd25519).med25519.ed25519.value

describe('what cannot be read is strange, and no exception', () => {
  const good = raw(build([pay(customer, hot)]))
  // The type of the first operation, in an envelope without time bounds in front of it.
  const withUnknownOperation = () => {
    const bytes = Buffer.from(good.envelopeXdr, 'base64')
    const payment = bytes.indexOf(Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]), 150)
    bytes.writeUInt32BE(99, payment)
    return bytes.toString('base64')
  }
  const withTwoResults = () => {
    const transaction = build([pay(customer, hot)])
    const one = xdr.OperationResult.opInner(xdr.OperationResultTr.payment(xdr.PaymentResult.paymentSuccess()))
    return raw(transaction, successful(transaction, [one, one]))
  }
  const withoutBalance = () => {
    const transaction = build([create(hot, split(hot, cold))])
    const other = xdr.OperationResult.opInner(xdr.OperationResultTr.payment(xdr.PaymentResult.paymentSuccess()))
    return raw(transaction, successful(transaction, [other]))
  }
  test.each<[string, RawTransaction, string]>([
    ['no base64', { ...good, envelopeXdr: '?' }, 'undecodable'],
    ['an empty envelope', { ...good, envelopeXdr: '' }, 'undecodable'],
    ['half an envelope', { ...good, envelopeXdr: good.envelopeXdr.slice(0, 80) }, 'undecodable'],
    ['an operation of tomorrow', { ...good, envelopeXdr: withUnknownOperation() }, 'undecodable'],
    ['no result', { ...good, resultXdr: 'AAAA' }, 'undecodable'],
    ['more results than operations', withTwoResults(), 'undecodable'],
    ['a balance without its id', withoutBalance(), 'undecodable'],
    ['another envelope than its hash says', { ...good, hash: `0x${'00'.repeat(32)}` }, 'hash_mismatch'],
  ])('%s', (_, transaction, reason) => {
    expect(decode(transaction, networkId)).toMatchObject({ kind: 'strange', reason })
  })

  test('the same envelope on another network is another transaction', () => {
    const other = createHash('sha256').update('another network').digest()
    expect(decode(good, other)).toMatchObject({ kind: 'strange', reason: 'hash_mismatch' })
  })
})

const recorded = join(import.meta.dirname, '../../../../shared/stellar/scenarios.json')
const there = existsSync(recorded)
if (!there) console.warn(`NOT TESTED against recorded transactions: ${recorded} is not there`)

type Told = { hash: string; balance_ids?: Record<string, string> }
type Applied = Told & { result_xdr: string; code: string; inner?: Told }

describe.skipIf(!there)('transactions that a real stellar-core applied', () => {
  const { scenarios, network_passphrase } = there
    ? JSON.parse(readFileSync(recorded, 'utf8'))
    : { scenarios: [], network_passphrase: '' }
  const network = createHash('sha256').update(network_passphrase).digest()
  const applied = scenarios.flatMap((scenario: { steps: { submit?: string; hash?: string; applied?: Applied[] }[] }) => {
    const envelopes = new Map(scenario.steps.flatMap(step => (step.submit ? [[step.hash, step.submit] as const] : [])))
    return scenario.steps
      .flatMap(step => step.applied ?? [])
      .map((one, at) => ({ ...one, at, envelope: envelopes.get(one.hash)! }))
  }) as (Applied & { at: number; envelope: string })[]

  test('are all decoded: done or failed as core says, with its hashes and balances', () => {
    const counts = { done: 0, failed: 0, balances: 0, bumps: 0 }
    for (const { hash, result_xdr: resultXdr, code, inner, at, envelope: envelopeXdr, ...told } of applied) {
      const decoded = decode({ ledger: 3n, order: at + 1, hash: `0x${hash}`, envelopeXdr, resultXdr }, network)
      const succeeded = code === 'txSUCCESS' || code === 'txFEE_BUMP_INNER_SUCCESS'
      expect([hash, decoded.kind]).toEqual([hash, succeeded ? 'done' : 'failed'])
      if (decoded.kind !== 'done') {
        counts.failed += 1
        continue
      }
      counts.done += 1
      if (inner) counts.bumps += 1
      const { hash: signed, balance_ids: ids = {} } = inner ?? { ...told, hash }
      expect(decoded.transaction).toMatchObject({ hash: `0x${signed}`, ...(inner ? { feeBumpHash: `0x${hash}` } : {}) })
      const created = decoded.transaction.movements.filter(movement => movement.kind === 'balanceCreated')
      expect(Object.fromEntries(created.map(({ index, balanceId }) => [index, balanceId]))).toEqual(ids)
      counts.balances += created.length
    }
    console.log('recorded transactions decoded', counts)
    expect(counts.done).toBeGreaterThan(100)
    expect(Math.min(counts.failed, counts.balances, counts.bumps)).toBeGreaterThan(0)
  })
})
