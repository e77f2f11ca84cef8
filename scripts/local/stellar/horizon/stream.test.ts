import { Asset, type Horizon, type Keypair, Operation } from '@stellar/stellar-sdk'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../bank/testing/eventually.ts'
import { type Local, openLocal } from '../testing/local.ts'
import { readStream } from '../testing/read-stream.ts'

let local: Local
let alice: Keypair
const opened: { close: () => void }[] = []

beforeEach(async () => {
  local = await openLocal({ streamMs: 60_000 })
  alice = await local.closeUntil(local.wallet.fund())
})
afterEach(async () => {
  for (const each of opened.splice(0)) each.close()
  await local.close()
})

const listen = async (path: string, headers?: Record<string, string>) => {
  const stream = await readStream(`${local.url}${path}`, headers)
  opened.push(stream)
  return stream
}
/** The hash of a payment in a ledger of its own. */
const pay = async () => {
  const payment = Operation.payment({ destination: alice.publicKey(), asset: Asset.native(), amount: '1' })
  return (await local.closeUntil(local.wallet.send(alice, [payment]))).hash
}

describe('on the wire', () => {
  test('a preamble, then records with their paging tokens as ids', async () => {
    const stream = await listen('/transactions?cursor=now')
    expect(stream.contentType).toBe('text/event-stream; charset=utf-8')
    expect(await stream.next()).toEqual({ retry: '1000', event: 'open', data: 'hello' })
    const hash = await pay()
    const event = await stream.next()
    expect(event).toMatchObject({ data: { hash } })
    expect(event!.id).toBe((event!.data as { paging_token: string }).paging_token)
  })

  test('after as many records as the limit it says goodbye', async () => {
    const stream = await listen('/ledgers?cursor=now&limit=2')
    await stream.next()
    for (let count = 0; count < 3; count++) local.node.close()
    expect(await stream.next()).toMatchObject({ data: { sequence: expect.any(Number) } })
    expect(await stream.next()).toMatchObject({ data: { sequence: expect.any(Number) } })
    expect(await stream.next()).toEqual({ retry: '10', event: 'close', data: 'byebye' })
    expect(await stream.next()).toBeUndefined()
  })

  test('it says goodbye when its time is over', async () => {
    const brief = await openLocal({ streamMs: 10 })
    opened.push(brief)
    const stream = await readStream(`${brief.url}/ledgers?cursor=now`)
    await stream.next()
    expect(await stream.next()).toMatchObject({ event: 'close' })
  })

  test('Last-Event-ID wins over the cursor: what came since is told first', async () => {
    const first = await listen('/transactions?cursor=now')
    await first.next()
    const hashes = [await pay(), await pay(), await pay()]
    const id = (await first.next())!.id!
    const second = await listen('/transactions?cursor=now', { 'last-event-id': id })
    await second.next()
    expect(await second.next()).toMatchObject({ data: { hash: hashes[1] } })
    expect(await second.next()).toMatchObject({ data: { hash: hashes[2] } })
  })

  test('a bad cursor is an answer, not a stream', async () => {
    const stream = await listen('/transactions?cursor=abc')
    expect([stream.status, stream.contentType]).toEqual([400, expect.stringContaining('problem+json')])
  })

  test('an account comes again when it has changed, and only then', async () => {
    const stream = await listen(`/accounts/${alice.publicKey()}`)
    await stream.next()
    const before = (await stream.next())!.data as { sequence: string }
    local.node.close()
    await pay()
    expect(((await stream.next())!.data as { sequence: string }).sequence).toBe(String(BigInt(before.sequence) + 1n))
  })
})

describe('with the SDK', () => {
  const follow = (from: string) => {
    const seen: string[] = []
    const close = local.horizon
      .transactions()
      .cursor(from)
      .stream({ onmessage: record => seen.push((record as Horizon.ServerApi.TransactionRecord).hash) })
    opened.push({ close })
    return seen
  }

  test('stream() tells every transaction once, in order', async () => {
    const past = await pay()
    const seen = follow('0')
    await eventually(() => seen.includes(past))
    const later = [await pay(), await pay()]
    await eventually(() => seen.includes(later[1]!))
    expect(seen.slice(-3)).toEqual([past, ...later])
    expect(new Set(seen).size).toBe(seen.length)
  })

  test('duplicate and missing events are faults that one can have', async () => {
    const seen = follow('0')
    await eventually(() => seen.length === 1)
    local.node.faults.arm({ kind: 'sse_duplicate', times: 1 })
    const twice = await pay()
    await eventually(() => seen.filter(hash => hash === twice).length === 2)
    local.node.faults.arm({ kind: 'sse_missing', times: 1 })
    const never = await pay()
    const next = await pay()
    await eventually(() => seen.includes(next))
    expect(seen).not.toContain(never)
    // The pages tell it all the same.
    const { records } = await local.horizon.transactions().order('desc').limit(2).call()
    expect(records.map(({ hash }) => hash)).toEqual([next, never])
  })
})
