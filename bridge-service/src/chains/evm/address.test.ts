import { describe, expect, test } from 'vitest'
import { parseEvmAddress } from './address.ts'

// The example of EIP-55.
const checksummed = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const escrow = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359'
const parse = (text: string) => parseEvmAddress(text, [escrow])

describe('an address', () => {
  test('with its checksum, or in lower case, becomes the checksummed one', () => {
    expect(parse(checksummed)).toBe(checksummed)
    expect(parse(checksummed.toLowerCase())).toBe(checksummed)
  })

  test.each([checksummed.replace('aA', 'Aa'), checksummed.replace('5a', '5A'), checksummed.toUpperCase().replace('0X', '0x')])(
    '%s has a wrong checksum',
    text => {
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'address_checksum_invalid' }))
    },
  )

  test.each([
    '',
    'vitalik.eth',
    checksummed.slice(2),
    checksummed.slice(0, -1),
    `${checksummed}0`,
    ` ${checksummed}`,
    `0x${'g'.repeat(40)}`,
    `0x${'0'.repeat(40)}`,
    escrow,
    escrow.toLowerCase(),
  ])('%j is none that money may go to', text => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'address_invalid' }))
  })
})
