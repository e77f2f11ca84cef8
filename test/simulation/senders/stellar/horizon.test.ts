import { xdr } from '@stellar/stellar-sdk/base'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Horizon } from '../../../../bridge-service/src/chains/stellar/horizon.ts'
import { readFailure } from '../../../../bridge-service/src/chains/stellar/result-code.ts'
import { randomFrom } from '../../../../scripts/fuzz/reorg/random.ts'
import type { FaultName } from '../../catalogue.ts'
import { freeMarket, type SimChain, startChain } from '../../chain/chain.ts'
import type { Faults } from '../../faults.ts'
import { type Scheduler, scheduler } from '../../scheduler.ts'
import { hot, namedAccounts } from './accounts.ts'
import { ledgerBooks } from './books.ts'
import { simulatedHorizon } from './horizon.ts'
import { type Means, openMeans } from './means.ts'
import { firstSequence } from './sequence.ts'
import { type Slot, signedLock, signedRelease, terms } from './signed.ts'
import { openSubmissions, type Submissions } from './submission.ts'

const startMs = 1_800_000_000_000
const ledgerMs = 5_000
const [channel] = namedAccounts(1).channels as [string]
const treasuryMinor = 5_000_000n

describe('the ledger of a world', () => {
  let time: Scheduler
  let chain: SimChain
  let horizon: Horizon
  let submissions: Submissions
  let means: Means
  let asked: bigint
  let struck: ReadonlySet<FaultName>

  beforeEach(() => {
    time = scheduler(startMs)
    const random = randomFrom(1)
    ;[asked, struck] = [100n, new Set()]
    const faults: Faults = { strikes: name => struck.has(name), calm: () => {}, struck: new Map() }
    const settings = {
      id: 'stellar:sim',
      flavour: 'stellar',
      blockMs: ledgerMs,
      safeDepth: 1,
      finalDepth: 1,
      mostReorg: 0,
    } as const
    const finality = { level: 'latest', confirmations: 0 } as const
    const market = { ...freeMarket, asked: () => asked, takes: () => asked < 1_000n }
    chain = startChain(
      time,
      random,
      faults,
      { ...settings, finality, hasSender: true, hasAddresses: false },
      treasuryMinor,
      market,
    )
    const books = ledgerBooks(chain, () => undefined)
    books.learn(terms)
    means = openMeans()
    submissions = openSubmissions(time, random, faults, chain, market, books, means, () => undefined)
    horizon = simulatedHorizon(startMs, random, faults, chain, market, books, means, submissions, time.nowMs)
    chain.start()
  })

  const send = (envelope: Uint8Array) => horizon.send(envelope)
  const lock = (slot?: Slot) => send(signedLock(slot).envelope)
  /** Luck decides which of them takes what waits. */
  const close = (ledgers = 10) => time.run(time.nowMs() + ledgers * ledgerMs)

  it('has nothing until it closes, and then both the transaction and its number', async () => {
    const { envelope, hash } = signedLock()
    expect(await send(envelope)).toEqual({ kind: 'held', detail: 'PENDING' })
    expect(await send(envelope)).toEqual({ kind: 'held', detail: 'DUPLICATE' })
    expect(await horizon.transaction(hash)).toBeUndefined()
    expect(await horizon.account(channel)).toMatchObject({ sequence: firstSequence })
    await close()
    expect(await horizon.transaction(hash)).toMatchObject({ successful: true, innerHash: hash, source: channel })
    expect(await horizon.account(channel)).toMatchObject({ sequence: firstSequence + 1n })
    expect(await horizon.takerOf(channel, firstSequence + 1n)).toMatchObject({ hash })
    expect(chain.state().treasuryMinor).toBe(treasuryMinor - 1_000_000n)
    expect((await horizon.account(hot))!.lines.get([...(await horizon.account(hot))!.lines.keys()][0]!)).toMatchObject({
      balance: 40_000_000n,
    })
  })

  it('lets one of an account wait, and gives its place for ten times as much', async () => {
    await lock()
    expect(await lock({ bid: 200n })).toMatchObject({ kind: 'later' })
    expect(await lock({ nonce: 1 })).toMatchObject({ kind: 'later' })
    expect(await lock({ bumpedTo: 999n })).toEqual({ kind: 'feeTooLow', detail: 'txInsufficientFee' })
    expect(await lock({ bumpedTo: 1_000n })).toMatchObject({ kind: 'held' })
    await close()
    const { hash } = signedLock()
    expect(await horizon.transaction(hash)).toMatchObject({ hash: signedLock({ bumpedTo: 1_000n }).hash, innerHash: hash })
  })

  it.each<[string, Slot, string]>([
    ['a number that is not next', { nonce: 1 }, 'txBadSeq'],
    ['what is over before two ledgers are', { maxTime: BigInt(startMs / 1_000 + 9) }, 'txTooLate'],
    ['less than ledgers charge', { bid: 100n }, 'txInsufficientFee'],
  ])('refuses %s', async (_what, slot, detail) => {
    if (detail === 'txInsufficientFee') asked = 101n
    expect(await lock(slot)).toMatchObject({ kind: detail === 'txInsufficientFee' ? 'feeTooLow' : 'rejected', detail })
  })

  it('refuses a signature too few, and one too many', async () => {
    const read = xdr.TransactionEnvelope.fromXdr(signedLock().envelope)
    if (read.type !== 'envelopeTypeTx') return expect.unreachable()
    const { tx, signatures } = read.v1
    const signedBy = (given: xdr.DecoratedSignature[]) =>
      send(xdr.TransactionEnvelope.envelopeTypeTx(new xdr.TransactionV1Envelope({ tx, signatures: given })).toXdr())
    expect(await signedBy(signatures.slice(1))).toMatchObject({ detail: 'txBadAuth' })
    expect(await signedBy([...signatures, signatures[0]!])).toMatchObject({ detail: 'txBadAuthExtra' })
  })

  it('drops what outlives its time, and its number is free again', async () => {
    const slot = { maxTime: BigInt(startMs / 1_000 + 20) }
    await lock(slot)
    asked = 1_000n
    await close()
    asked = 100n
    expect(await lock(slot)).toMatchObject({ kind: 'later' })
    await close()
    expect(await horizon.account(channel)).toMatchObject({ sequence: firstSequence })
    expect(await lock()).toMatchObject({ kind: 'held' })
  })

  it('locks twice what is asked for twice', async () => {
    await lock()
    await lock({ channel: 1 })
    await close()
    expect([...chain.state().escrows.values()].map(({ status, terms: { ref } }) => [status, ref])).toEqual([
      ['locked', terms.ref],
      ['locked', terms.ref],
    ])
    expect(chain.state().treasuryMinor).toBe(treasuryMinor - 2_000_000n)
  })

  it('pays a hold out or keeps it, both or neither', async () => {
    const { balanceIds, envelope } = signedLock()
    await send(envelope)
    await close()
    means.loseLine(terms.payee, time.nowMs() + 10 * ledgerMs)
    const early = signedRelease(balanceIds[0]!, { nonce: 1 })
    await send(early.envelope)
    await close(9)
    const failed = (await horizon.transaction(early.hash))!
    expect(failed).toMatchObject({ successful: false })
    expect(readFailure(Buffer.from(failed.result, 'base64'))).toMatchObject({ code: 'trustline_missing' })
    expect(await horizon.balance(balanceIds[0]!)).toMatchObject({ stroops: 10_000_000n })
    await close(2)
    await send(signedRelease(balanceIds[0]!, { nonce: 2 }).envelope)
    await close()
    expect([...chain.state().escrows.values()]).toMatchObject([{ status: 'released' }])
    expect(await horizon.balance(balanceIds[0]!)).toBeUndefined()
  })

  it('lets only him claim whose time it is', async () => {
    const { balanceIds, envelope } = signedLock()
    await send(envelope)
    await close()
    const cold = namedAccounts(1).cold
    const { envelope: claim, hash } = signedRelease(balanceIds[0]!, { nonce: 1 }, cold)
    await send(claim)
    await close()
    const { result } = (await horizon.transaction(hash))!
    expect(readFailure(Buffer.from(result, 'base64'))).toMatchObject({ code: 'escrow_expired' })
  })

  it('is shown as of some ledgers ago by a Horizon that lags, which says so', async () => {
    await lock()
    await close(20)
    const late = signedRelease(signedLock().balanceIds[0]!, { nonce: 1 })
    await send(late.envelope)
    while (chain.minedAs(late.hash) === undefined) await close(1)
    struck = new Set(['stellar: horizon lags behind'])
    expect(await horizon.transaction(late.hash)).toBeUndefined()
    const account = (await horizon.account(channel))!
    expect(account.sequence).toBe(firstSequence + 1n)
    expect(account.asOf).toBeLessThan(BigInt(chain.height() + 1))
    expect(await horizon.ledgerHash(BigInt(chain.height() + 1))).toBeUndefined()
    struck = new Set()
    expect(await horizon.transaction(late.hash)).toMatchObject({ successful: true })
  })

  it('has nothing for bytes that no order can have made, and tells of them', async () => {
    const { envelope } = signedRelease(signedLock().balanceIds[0]!)
    expect(await send(envelope)).toMatchObject({ kind: 'rejected' })
    expect(submissions.unasked.size).toBe(1)
  })
})
