import { describe, expect, test } from 'vitest'
import { grow, type Linked, linkedPrefix, parentIn, place } from './canonical.ts'

const block = (number: number, name: string, parent: string): Linked => ({
  number: BigInt(number),
  hash: `0x${name}`,
  parentHash: `0x${parent}`,
})
const [a5, a6, a7, a8] = [block(5, 'a5', 'a4'), block(6, 'a6', 'a5'), block(7, 'a7', 'a6'), block(8, 'a8', 'a7')]
const branch = [a5, a6, a7]

describe('place', () => {
  test.each([
    ['the tip again', a7, 'duplicate'],
    ['an older block of ours: the node lags', a6, 'duplicate'],
    ['the newest final block', a5, 'duplicate'],
    ['a child of the tip', a8, 'next'],
    ['a grandchild', block(9, 'a9', 'a8'), 'gap'],
    ['a stranger far ahead', block(20, 'b20', 'b19'), 'gap'],
    ['a child of a stranger', block(8, 'b8', 'b7'), 'reorg'],
    ['another block at our tip', block(7, 'b7', 'a6'), 'reorg'],
    ['another, lower block', block(6, 'b6', 'a5'), 'reorg'],
    ['another block at the final height', block(5, 'b5', 'a4'), 'reorg'],
    ['a block below everything', block(4, 'a4', 'a3'), 'below'],
  ])('%s', (_, candidate, placement) => {
    expect(place(branch, candidate)).toBe(placement)
  })
})

describe('parentIn', () => {
  test('finds the common ancestor, also the final block itself', () => {
    expect(parentIn(branch, block(7, 'b7', 'a6'))).toEqual(a6)
    expect(parentIn(branch, block(6, 'b6', 'a5'))).toEqual(a5)
  })
  test('a hash of ours at the wrong height is no parent', () => {
    expect(parentIn(branch, block(7, 'b7', 'a5'))).toBeUndefined()
  })
  test('a rival of the final block has no ancestor in the branch', () => {
    expect(parentIn(branch, block(5, 'b5', 'a4'))).toBeUndefined()
  })
})

test('growing cuts the orphaned end and the final start', () => {
  const b7 = block(7, 'b7', 'a6')
  const b8 = block(8, 'b8', 'b7')
  expect(grow(branch, a6, [b7, b8], 6n).map(({ hash }) => hash)).toEqual(['0xa6', '0xb7', '0xb8'])
})

test('a line of blocks ends where a parent does not fit', () => {
  expect(linkedPrefix([a5, a6, block(7, 'b7', 'b6'), a8])).toEqual([a5, a6])
  expect(linkedPrefix([a5, a6])).toEqual([a5, a6])
  expect(linkedPrefix([])).toEqual([])
})
