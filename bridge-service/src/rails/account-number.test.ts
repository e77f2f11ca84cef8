import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BridgeError } from '../errors.ts'
import { parseAccountNumber } from './account-number.ts'

const reasonOf = (accountNumber: string, routingNumber?: string): unknown => {
  try {
    parseAccountNumber({ accountNumber, ...(routingNumber === undefined ? {} : { routingNumber }) })
    return 'valid'
  } catch (error) {
    const { code, details } = error as BridgeError
    expect(code).toBe('account_invalid')
    return details.reason
  }
}

// The registry's own examples.
const ibans = [
  'AD1200012030200359100100',
  'AT611904300234573201',
  'BE68539007547034',
  'CH9300762011623852957',
  'DE89370400440532013000',
  'ES9121000418450200051332',
  'FR1420041010050500013M02606',
  'GB29NWBK60161331926819',
  'GI75NWBK000000007099453',
  'IE29AIBK93115212345678',
  'IT60X0542811101000000123456',
  'MK07250120000058984',
  'MT84MALT011000012345MTLCAST001S',
  'NL91ABNA0417164300',
  'NO9386011117947',
  'RS35260005601001611379',
  'SE4550000000058398257466',
]

describe('an IBAN', () => {
  test.each(ibans)('%s is valid', iban => {
    expect(parseAccountNumber({ accountNumber: iban })).toEqual({ kind: 'iban', iban, country: iban.slice(0, 2) })
  })

  test('may be written in groups and in lower case', () => {
    expect(parseAccountNumber({ accountNumber: 'de89 3704 0044 0532 0130 00' })).toMatchObject({ iban: 'DE89370400440532013000' })
  })

  test.each([
    ['DE88370400440532013000', 'iban_checksum_wrong'],
    ['DE8937040044053201300', 'iban_length_wrong'],
    ['DE893704004405320130000', 'iban_length_wrong'],
    ['BR1800360305000010009795493C1', 'iban_country_not_in_sepa'],
    ['AE070331234567890123456', 'iban_country_not_in_sepa'],
    ['DE89-3704-0044-0532-0130-00', 'iban_malformed'],
    ['', 'iban_malformed'],
    ['123456789', 'iban_malformed'],
  ])('%s is not: %s', (iban, reason) => {
    expect(reasonOf(iban)).toBe(reason)
  })

  test('check digits 00, 01 and 99 are never right, although the modulus would let them pass', () => {
    for (const wrong of ['00', '01', '99'])
      for (let n = 0; n < 300; n++)
        expect(reasonOf(`DE${wrong}3704004405320${String(n).padStart(5, '0')}`)).toBe('iban_checksum_wrong')
  })

  test('with any one character changed is invalid', () => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
    console.info(`seed ${seed}`)
    fc.assert(
      fc.property(fc.constantFrom(...ibans), fc.nat(), fc.constantFrom(...'0123456789'), (iban, position, digit) => {
        const at = 4 + (position % (iban.length - 4))
        fc.pre(iban[at] !== digit && /\d/.test(iban[at]!))
        expect(reasonOf(iban.slice(0, at) + digit + iban.slice(at + 1))).toBe('iban_checksum_wrong')
      }),
      { seed },
    )
  })
})

describe('a US account', () => {
  test.each(['021000021', '011401533', '322271627', '061000052', '000000518'])('routing number %s is valid', routingNumber => {
    expect(parseAccountNumber({ accountNumber: '1234', routingNumber })).toEqual({
      kind: 'aba',
      routingNumber,
      accountNumber: '1234',
    })
  })

  test.each([
    ['021000022', 'routing_number_checksum_wrong'],
    ['026000021', 'routing_number_checksum_wrong'],
    ['012000021', 'routing_number_checksum_wrong'],
    ['000000000', 'routing_number_checksum_wrong'],
    ['130000003', 'routing_number_prefix_unassigned'],
    ['500000005', 'routing_number_prefix_unassigned'],
    ['810000003', 'routing_number_prefix_unassigned'],
    ['02100002', 'routing_number_malformed'],
    ['0210000210', 'routing_number_malformed'],
    ['02100002x', 'routing_number_malformed'],
    ['', 'routing_number_malformed'],
  ])('routing number "%s" is not: %s', (routingNumber, reason) => {
    expect(reasonOf('123456', routingNumber)).toBe(reason)
  })

  test('every prefix: exactly 00–12, 21–32, 61–72 and 80 are assigned', () => {
    const assigned = Array.from({ length: 100 }, (_, prefix) => prefix).filter(prefix => {
      const start = `${String(prefix).padStart(2, '0')}000100`
      const reasons = Array.from({ length: 10 }, (_, digit) => reasonOf('123456', `${start}${digit}`))
      return reasons.includes('valid')
    })
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)
    expect(assigned).toEqual([...range(0, 12), ...range(21, 32), ...range(61, 72), 80])
  })

  test.each(['123', '1'.repeat(18), '12 34', '12-34', 'ABCD', ''])('account number "%s" is not', accountNumber => {
    expect(reasonOf(accountNumber, '021000021')).toBe('account_number_malformed')
  })
})
