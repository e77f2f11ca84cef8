import { type Keypair, Operation, TransactionBuilder } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import { codes, genesisTime, type Order, openWorld, passphrase, refusal, verdict } from '../testing/world.ts'

const nothing = [Operation.bumpSequence({ bumpTo: '0' })]

type World = ReturnType<typeof openWorld>

const bumped = ({ build }: World, order: Order, payer: Keypair, fee: number): string => {
  const inner = build(order)
  inner.sign(order.source)
  const bump = TransactionBuilder.buildFeeBumpTransaction(payer, `${fee}`, inner, passphrase)
  bump.sign(payer)
  return bump.toEnvelope().toXdr('base64')
}

describe('the queue of today', () => {
  it('knows again what it holds, and the transaction inside a fee bump that it holds', () => {
    const world = openWorld()
    const alice = world.person('alice')
    const envelope = world.sign({ source: alice, operations: nothing })
    expect(world.network.submit(envelope).status).toBe('PENDING')
    expect(world.network.submit(envelope).status).toBe('DUPLICATE')
    const bob = world.person('bob')
    const order = { source: bob, operations: nothing }
    expect(world.network.submit(bumped(world, order, alice, 1_000)).status).toBe('PENDING')
    expect(world.submit(order).status).toBe('DUPLICATE')
  })

  it('holds one transaction of an account', () => {
    const { person, submit, account, close } = openWorld()
    const alice = person('alice')
    const { sequence } = account(alice)
    expect(submit({ source: alice, operations: nothing }).status).toBe('PENDING')
    expect(submit({ source: alice, operations: nothing, sequence: sequence + 2n }).status).toBe('TRY_AGAIN_LATER')
    expect(submit({ source: alice, operations: nothing, fee: 100_000 }).status).toBe('TRY_AGAIN_LATER')
    expect(refusal(submit({ source: alice, operations: nothing, sequence }))).toBe('txBadSeq')
    expect(codes(close().transactions)).toEqual(['txSuccess'])
  })

  it('lets a fee bump take its place at ten times the rate, not a stroop below', () => {
    const world = openWorld()
    const alice = world.person('alice')
    const payer = world.person('payer')
    const order = { source: alice, operations: nothing }
    world.submit(order)
    // A bump counts as one operation more: 2,000 for two is ten times 100 for one.
    const cheap = world.network.submit(bumped(world, order, payer, 999))
    expect(refusal(cheap)).toBe('txInsufficientFee')
    expect(verdict((cheap as { resultXdr: string }).resultXdr).feeCharged).toBe(2_000n)
    const answer = world.network.submit(bumped(world, order, payer, 1_000))
    expect(answer.status).toBe('PENDING')
    const [applied, ...others] = world.close().transactions
    expect(others).toEqual([])
    expect(applied).toMatchObject({ hash: (answer as { hash: string }).hash, feeCharged: 200n, feeAccount: payer.publicKey() })
    expect(applied!.innerHash).toBe(Buffer.from(world.build({ ...order, sequence: applied!.sequence }).hash()).toString('hex'))
  })

  it('refuses for ten ledgers what it has applied', () => {
    const { person, sign, network, close } = openWorld()
    const envelope = sign({ source: person('alice'), operations: nothing })
    network.submit(envelope)
    for (let ledger = 1; ledger <= 10; ledger++) {
      expect(codes(close().transactions)).toEqual(ledger === 1 ? ['txSuccess'] : [])
      if (ledger < 10) expect(network.submit(envelope).status).toBe('TRY_AGAIN_LATER')
    }
    expect(refusal(network.submit(envelope))).toBe('txBadSeq')
  })

  it('does not let an account offer more than it has, with all that waits', () => {
    const world = openWorld()
    const alice = world.person('alice')
    const bob = world.person('bob')
    const poor = world.person('poor', '1.0003')
    expect(world.network.submit(bumped(world, { source: alice, operations: nothing }, poor, 1_000)).status).toBe('PENDING')
    expect(refusal(world.network.submit(bumped(world, { source: bob, operations: nothing }, poor, 501)))).toBe(
      'txInsufficientBalance',
    )
    expect(world.network.submit(bumped(world, { source: bob, operations: nothing }, poor, 500)).status).toBe('PENDING')
  })

  it('forgets without a trace what it is told to drop', () => {
    const { person, submit, network, close } = openWorld()
    const order = { source: person('alice'), operations: nothing }
    const answer = submit(order)
    expect(network.drop((answer as { hash: string }).hash)).toBe(true)
    expect(network.drop((answer as { hash: string }).hash)).toBe(false)
    expect(close().transactions).toEqual([])
    expect(submit(order).status).toBe('PENDING')
  })
})

describe('what no longer fits', () => {
  it('is dropped without a word and refused for ten ledgers, the dropping one included', () => {
    const { person, sign, network, close, account } = openWorld()
    const alice = person('alice')
    const before = account(alice)
    const envelope = sign({ source: alice, operations: nothing, with: builder => builder.setTimebounds(0, genesisTime + 20) })
    expect(network.submit(envelope).status).toBe('PENDING')
    for (let ledger = 1; ledger <= 10; ledger++) {
      expect(close(60).transactions).toEqual([])
      if (ledger < 10) expect(network.submit(envelope).status).toBe('TRY_AGAIN_LATER')
    }
    expect(refusal(network.submit(envelope))).toBe('txTooLate')
    expect(account(alice)).toBe(before)
  })

  it('still fits in the very second in which it expires', () => {
    const { person, submit, network, close } = openWorld()
    const alice = person('alice')
    const expiry = network.last().closeTime + 15
    submit({ source: alice, operations: nothing, with: builder => builder.setTimebounds(0, expiry) })
    expect(codes(close(15).transactions)).toEqual(['txSuccess'])
  })
})

describe('when a ledger is full', () => {
  /** Five accounts that bid 100 to 500 an operation for a ledger of three. */
  const crowd = (options = {}) => {
    const world = openWorld({ maxTxSetSize: 3, ...options })
    const people = ['a', 'b', 'c', 'd', 'e'].map(name => world.person(name))
    const orders = people.map((source, index) => ({ source, operations: nothing, fee: 100 * (index + 1) }))
    return { ...world, orders }
  }

  it('takes the best bids, at the lowest of these, and the others wait', () => {
    const { network, submit, close, orders } = crowd()
    for (const order of orders) expect(submit(order).status).toBe('PENDING')
    const ledger = close()
    expect(ledger.transactions.map(({ maxFee }) => maxFee).sort()).toEqual([300n, 400n, 500n])
    expect(ledger.transactions.map(({ feeCharged }) => feeCharged)).toEqual([300n, 300n, 300n])
    expect(ledger.chargedBaseFee).toBe(300n)
    expect(network.pending()).toHaveLength(2)
    const next = close()
    expect(next.transactions.map(({ feeCharged }) => feeCharged)).toEqual([100n, 100n])
  })

  it('drops and bans what has waited through four ledgers', () => {
    const { network, submit, sign, close, person } = openWorld({ maxTxSetSize: 1 })
    const patient = person('patient')
    const others = [1, 2, 3, 4].map(index => person(`other ${index}`))
    const envelope = sign({ source: patient, operations: nothing })
    expect(network.submit(envelope).status).toBe('PENDING')
    for (const [index, source] of others.entries()) {
      expect(submit({ source, operations: nothing, fee: 1_000 }).status).toBe('PENDING')
      expect(close().transactions).toHaveLength(1)
      expect(network.pending()).toHaveLength(index < 3 ? 1 : 0)
    }
    expect(network.submit(envelope).status).toBe('TRY_AGAIN_LATER')
    for (let ledger = 0; ledger < 9; ledger++) close()
    expect(network.submit(envelope).status).toBe('TRY_AGAIN_LATER')
    close()
    expect(network.submit(envelope).status).toBe('PENDING')
  })

  it('throws out the cheapest when twice a ledger waits, and tells what would be enough', () => {
    const { network, submit, sign, close, person } = openWorld({ maxTxSetSize: 1 })
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => person(name)) as [Keypair, Keypair, Keypair, Keypair]
    const evicted = sign({ source: a, operations: nothing, fee: 100 })
    network.submit(evicted)
    submit({ source: b, operations: nothing, fee: 200 })
    const cheap = submit({ source: c, operations: nothing, fee: 100 })
    expect(refusal(cheap)).toBe('txInsufficientFee')
    expect(verdict((cheap as { resultXdr: string }).resultXdr).feeCharged).toBe(101n)
    expect(submit({ source: c, operations: nothing, fee: 150 }).status).toBe('PENDING')
    expect(network.submit(evicted).status).toBe('TRY_AGAIN_LATER')
    // Until the next ledger nothing as cheap as what was thrown out comes in.
    expect(refusal(submit({ source: d, operations: nothing, fee: 100 }))).toBe('txInsufficientFee')
    close()
    expect(network.pending()).toHaveLength(1)
  })
})

describe('the queue of core 19', () => {
  it('holds a chain of one account, and drops the followers of what no longer fits', () => {
    const { person, submit, sign, network, account, close } = openWorld({ core: 'v19' })
    const alice = person('alice')
    const { sequence } = account(alice)
    submit({ source: alice, operations: nothing, sequence: sequence + 1n })
    submit({
      source: alice,
      operations: nothing,
      sequence: sequence + 2n,
      with: builder => builder.setTimebounds(0, genesisTime + 20),
    })
    const follower = sign({ source: alice, operations: nothing, sequence: sequence + 3n })
    expect(network.submit(follower).status).toBe('PENDING')
    expect(refusal(submit({ source: alice, operations: nothing, sequence: sequence + 5n }))).toBe('txBadSeq')
    expect(codes(close(60).transactions)).toEqual(['txSuccess'])
    expect(network.submit(follower).status).toBe('TRY_AGAIN_LATER')
    expect(account(alice).sequence).toBe(sequence + 1n)
  })

  it('applies a chain in its order', () => {
    const { person, submit, account, close } = openWorld({ core: 'v19' })
    const alice = person('alice')
    const { sequence } = account(alice)
    for (const step of [1n, 2n, 3n]) submit({ source: alice, operations: nothing, sequence: sequence + step })
    expect(close().transactions.map(applied => applied.sequence - sequence)).toEqual([1n, 2n, 3n])
  })

  it('lets a fee bump take any place in a chain, or the next one, but leave no gap', () => {
    const world = openWorld({ core: 'v19' })
    const alice = world.person('alice')
    const payer = world.person('payer')
    const { sequence } = world.account(alice)
    const at = (step: bigint): Order => ({ source: alice, operations: nothing, sequence: sequence + step })
    for (const step of [1n, 2n, 3n]) world.submit(at(step))
    expect(refusal(world.network.submit(bumped(world, at(2n), payer, 999)))).toBe('txInsufficientFee')
    expect(world.network.submit(bumped(world, at(2n), payer, 1_000)).status).toBe('PENDING')
    expect(refusal(world.network.submit(bumped(world, at(5n), payer, 1_000)))).toBe('txBadSeq')
    expect(refusal(world.network.submit(bumped(world, at(0n), payer, 1_000)))).toBe('txBadSeq')
    expect(world.network.submit(bumped(world, at(4n), payer, 1_000)).status).toBe('PENDING')
    const { transactions } = world.close()
    expect(transactions.map(applied => applied.sequence - sequence)).toEqual([1n, 2n, 3n, 4n])
    expect(transactions.map(({ feeAccount }) => feeAccount === payer.publicKey())).toEqual([false, true, false, true])
  })

  it('takes none behind another that asks for a rest of its account', () => {
    const { person, submit, account } = openWorld({ core: 'v19' })
    const alice = person('alice')
    submit({ source: alice, operations: nothing })
    const resting = submit({
      source: alice,
      operations: nothing,
      sequence: account(alice).sequence + 2n,
      with: builder => builder.setMinAccountSequenceAge(1n),
    })
    expect(resting.status).toBe('TRY_AGAIN_LATER')
  })
})
