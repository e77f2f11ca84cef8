import { describe, expect, test } from 'vitest'
import type { BlockRef } from './canonical.ts'
import { type FinalityMode, finalHeights, noEvidence, type Tags, weigh } from './finality.ts'

const ref = (number: number, fork = 'a'): BlockRef => ({ number: BigInt(number), hash: `0x${fork}${number}` })
const tags = (latest: number, safe: number | undefined, finalized: number | undefined): Tags => ({
  latest: ref(latest),
  safe: safe === undefined ? undefined : ref(safe),
  finalized: finalized === undefined ? undefined : ref(finalized),
})
const modeAfter = (seen: Tags[], mode?: FinalityMode) => seen.reduce(weigh, noEvidence(mode)).mode

describe('weigh', () => {
  test('a node whose finalized lags has tags', () => {
    expect(modeAfter([tags(100, 70, 40), tags(100, 70, 40), tags(101, 70, 40)])).toBe('tags')
  })
  test('a node whose finalized is its head has none that are worth anything', () => {
    expect(modeAfter([tags(5, 5, 5), tags(5, 5, 5), tags(6, 6, 6)])).toBe('depth')
  })
  test('a finalized block above the head read just before is the head', () => {
    expect(modeAfter([tags(5, 6, 6), tags(6, 7, 7), tags(7, 8, 8)])).toBe('depth')
  })
  test('a node without the tags has none', () => {
    const none = tags(5, undefined, undefined)
    expect(modeAfter([none, none, none])).toBe('depth')
  })
  test('twice is not enough, and a contradiction starts again', () => {
    expect(modeAfter([tags(5, 5, 5), tags(5, 5, 5)])).toBeUndefined()
    expect(modeAfter([tags(5, 5, 5), tags(5, 5, 5), tags(6, 5, 5), tags(6, 6, 6)])).toBeUndefined()
  })
  test('genesis says nothing', () => {
    expect(modeAfter([tags(0, 0, 0), tags(0, 0, 0), tags(0, 0, 0), tags(0, 0, 0)])).toBeUndefined()
  })
  test('one odd answer does not change a mode, three in a row do', () => {
    expect(modeAfter([tags(9, 9, 9), tags(9, 6, 3), tags(9, 9, 9), tags(9, 9, 9)], 'tags')).toBe('tags')
    expect(modeAfter([tags(9, 9, 9), tags(9, 9, 9), tags(9, 9, 9)], 'tags')).toBe('depth')
  })
})

describe('finalHeights', () => {
  const branch = [4, 5, 6, 7, 8, 9, 10].map(number => ref(number))
  const base = { before: { safe: 4n, finalized: 4n }, ancestor: ref(10), branch, tags: tags(10, 8, 6), depth: 3n }

  test('by depth: confirmations on our own branch, safe half way', () => {
    expect(finalHeights({ ...base, mode: 'depth' })).toEqual({ finalized: 7n, safe: 8n })
  })
  test('by depth, the height of the node is no confirmation', () => {
    expect(finalHeights({ ...base, mode: 'depth', tags: tags(500, 500, 500) })).toEqual({ finalized: 7n, safe: 8n })
  })
  test('by tags, whatever the depth', () => {
    expect(finalHeights({ ...base, mode: 'tags' })).toEqual({ finalized: 6n, safe: 8n })
  })
  test('by tags above the cursor: the cursor', () => {
    expect(finalHeights({ ...base, mode: 'tags', tags: tags(200, 180, 170) })).toEqual({ finalized: 10n, safe: 10n })
  })
  test('a final block of another branch does not count', () => {
    const rival: Tags = { latest: ref(10), safe: ref(8, 'b'), finalized: ref(6, 'b') }
    expect(finalHeights({ ...base, mode: 'tags', tags: rival })).toEqual({ finalized: 4n, safe: 4n })
  })
  test('a node that lost its tags makes nothing final', () => {
    expect(finalHeights({ ...base, mode: 'tags', tags: tags(10, 10, 10) })).toEqual({ finalized: 4n, safe: 4n })
  })
  test('undecided: nothing is final', () => {
    expect(finalHeights({ ...base, mode: undefined })).toEqual({ finalized: 4n, safe: 4n })
  })
  test('final never falls; safe falls to the ancestor of a reorg', () => {
    const shorter = [...branch.slice(0, 3), ref(7, 'b')]
    const now = { ...base, before: { safe: 9n, finalized: 6n }, ancestor: ref(6), branch: shorter, mode: 'depth' as const }
    expect(finalHeights(now)).toEqual({ finalized: 6n, safe: 6n })
  })
})
