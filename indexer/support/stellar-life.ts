import { createHash } from 'node:crypto'
import { Account, Claimant, Memo, MuxedAccount, Operation } from '@stellar/stellar-sdk/base'
import type { Hash, ObservationKind } from '../src/observation.ts'
import {
  always,
  balanceIdIn,
  claim,
  clawBack,
  cold,
  create,
  customer,
  hot,
  issuer,
  keyOf,
  pay,
  split,
  stranger,
  usdc,
} from './stellar-transactions.ts'
import type { StellarWorld } from './stellar-world.ts'

const newcomer = keyOf('newcomer').publicKey()

/** What must be in the inbox: about whom, what, and under which fact. */
export type Expected = readonly [subject: string, kind: ObservationKind, fact: string]

const refOf = (name: string): Hash => `0x${createHash('sha256').update(name).digest('hex')}`
const memoOf = (ref: Hash) => Memo.hash(Buffer.from(ref.slice(2), 'hex'))

/** Everything that can happen to a hold, a delivery and a deposit, and much that is none of our business, in ledgers that are closed by hand. */
export const liveOn = (world: StellarWorld): Expected[] => {
  const expected: Expected[] = []
  const deadline = BigInt(world.now() + 3_600)
  const lock = (name: string, source = hot, claimants = split(hot, cold, deadline)) => {
    const ref = refOf(name)
    const memo = memoOf(ref)
    const { transaction, hash } = world.apply([Operation.bumpSequence({ bumpTo: '0' }), create(source, claimants)], { memo })
    const told = (kind: ObservationKind, about: { hash: Hash }, index: number) =>
      void expected.push([ref, kind, `${about.hash}:${index}`])
    told(claimants[1]?.destination === cold ? 'escrowLocked' : 'depositReceived', { hash }, 1)
    return { id: balanceIdIn(transaction, 1), memo, told }
  }
  const deliveryTo = (account: string) => [
    new Claimant(account, always),
    new Claimant(hot, Claimant.predicateNot(Claimant.predicateBeforeAbsoluteTime(String(deadline + 100n)))),
  ]

  const released = lock('released')
  released.told('escrowReleased', world.apply([claim(hot, released.id), pay(hot, customer)], { memo: released.memo }), 0)

  const bumped = lock('released under a higher fee')
  const release = world.apply([claim(hot, bumped.id), pay(hot, customer)], { memo: bumped.memo, bumpedBy: 'stranger' })
  bumped.told('escrowReleased', release, 0)

  const delivered = lock('delivered')
  const left = world.apply([claim(hot, delivered.id), create(hot, deliveryTo(newcomer))], { memo: delivered.memo })
  delivered.told('escrowReleased', left, 0)
  const collect = [Operation.changeTrust({ asset: usdc }), claim(newcomer, balanceIdIn(left.transaction, 1))]
  delivered.told('deliveryClaimed', world.apply(collect, { by: 'newcomer' }), 1)

  const forgotten = lock('never collected')
  const lying = world.apply([claim(hot, forgotten.id), create(hot, deliveryTo(stranger))], { memo: forgotten.memo })
  forgotten.told('escrowReleased', lying, 0)

  const early = lock('refunded by hot')
  early.told('escrowRefunded', world.apply([claim(hot, early.id)], { memo: early.memo }), 0)

  const late = lock('refunded by cold')
  const tooEarly = world.attempt([claim(cold, late.id), pay(cold, hot)], { memo: late.memo })
  if (tooEarly.successful) throw new Error('cold claimed before its time')

  const clawed = lock('clawed back')
  clawed.told('escrowClawedBack', world.apply([clawBack(clawed.id)]), 0)

  const minted = lock('minted and burned', issuer)
  minted.told('escrowRefunded', world.apply([claim(hot, minted.id), pay(hot, issuer)], { memo: minted.memo }), 0)

  const copied = lock('released', stranger) // somebody else's money under a ref that he has seen

  const deposited = lock('deposited', customer, split(hot, customer, deadline))
  deposited.told('escrowReleased', world.apply([claim(hot, deposited.id)]), 0)

  const withdrawn = lock('deposited and withdrawn', customer, split(hot, customer, deadline))

  const returned = lock('deposited and returned', customer, split(hot, customer, deadline))
  returned.told('escrowRefunded', world.apply([claim(hot, returned.id), pay(hot, customer)]), 0)

  for (const [memo, label] of [
    [Memo.text('order 7'), 'order 7'],
    [Memo.id('42'), '42'],
    [memoOf(refOf('paid')), refOf('paid')],
    [Memo.text(new Uint8Array([0, 0xff, 0x27])), "\\0\\xff'"],
  ] as const) {
    const { hash } = world.apply([pay(customer, hot, '3.5'), pay(customer, stranger)], { memo })
    expected.push([label, 'depositReceived', `${hash}:0`])
  }
  const muxed = new MuxedAccount(new Account(hot, '0'), '77').accountId()
  expected.push(['77', 'depositReceived', `${world.apply([pay(customer, muxed)], { bumpedBy: 'stranger' }).hash}:0`])

  // Two in one ledger with one that fails, in an order that nobody can choose; and an empty ledger.
  const [one, two] = [['channel', 'a'] as const, ['channel-2', 'b'] as const].map(([by, label]) => {
    const hash = Buffer.from(world.submit([pay(customer, hot, '1')], { by, memo: Memo.text(label) }).hash()).toString('hex')
    return [label, 'depositReceived', `0x${hash}:0`] as Expected
  })
  expected.push(one!, two!)
  world.submit([pay(customer, hot, '99999999')], { by: 'stranger', memo: Memo.text('more than he has') })
  world.close()
  world.close()

  // None of our business, or nothing at all.
  world.apply([pay(customer, hot)])
  world.apply([create(stranger, split(stranger, customer, deadline))])
  world.attempt([claim(hot, late.id), pay(hot, stranger, '99999999')], { memo: late.memo })

  world.close(Number(deadline))
  late.told('escrowRefunded', world.apply([claim(cold, late.id), pay(cold, hot)], { memo: late.memo }), 0)
  copied.told('escrowRefunded', world.apply([claim(cold, copied.id)]), 0)
  withdrawn.told('escrowRefunded', world.apply([claim(customer, withdrawn.id)], { by: 'customer' }), 0)
  world.close(Number(deadline) + 100)
  const lyingId = balanceIdIn(lying.transaction, 1)
  forgotten.told('deliveryReclaimed', world.apply([claim(hot, lyingId)], { memo: forgotten.memo }), 0)
  return expected
}
