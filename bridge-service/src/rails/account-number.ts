import { BridgeError } from '../errors.ts'
import type { Counterparty } from './rail.ts'

export type AccountNumber =
  | { readonly kind: 'iban'; readonly iban: string; readonly country: string }
  | { readonly kind: 'aba'; readonly routingNumber: string; readonly accountNumber: string }

/**
 * Reads a counterparty's account: with a routing number it is a US account (ABA), else an IBAN of a SEPA country. The IBAN is returned in
 * its electronic form. Throws `account_invalid` with a `reason`. Valid means well formed: whether the account exists, only the bank knows.
 */
export const parseAccountNumber = ({ accountNumber, routingNumber }: Omit<Counterparty, 'name'>): AccountNumber =>
  routingNumber === undefined ? parseIban(accountNumber) : parseAba(routingNumber, accountNumber)

// Countries of the SEPA schemes (EPC409-09) with the length of their IBANs (SWIFT IBAN registry).
// biome-ignore format: a table
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24, AL: 28, AT: 20, BE: 16, BG: 22, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27,
  GB: 22, GI: 23, GR: 27, HR: 21, HU: 28, IE: 22, IS: 26, IT: 27, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MD: 24,
  ME: 22, MK: 19, MT: 31, NL: 18, NO: 15, PL: 28, PT: 25, RO: 24, RS: 22, SE: 24, SI: 19, SK: 24, SM: 27, VA: 22,
}

const parseIban = (text: string): AccountNumber => {
  const iban = text.replaceAll(' ', '').toUpperCase()
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return invalid('iban_malformed')
  const country = iban.slice(0, 2)
  const length = Object.hasOwn(ibanLengths, country) ? ibanLengths[country] : undefined
  if (length === undefined) return invalid('iban_country_not_in_sepa')
  if (iban.length !== length) return invalid('iban_length_wrong')
  // ISO 13616 generates 02 to 98; 00, 01 and 99 would pass the modulus as twins of valid ones.
  if (['00', '01', '99'].includes(iban.slice(2, 4)) || mod97(iban) !== 1) return invalid('iban_checksum_wrong')
  return { kind: 'iban', iban, country }
}

/** ISO 7064 MOD 97-10 over the IBAN with its first four characters moved to the end and letters as 10 to 35. */
const mod97 = (iban: string): number =>
  [...`${iban.slice(4)}${iban.slice(0, 4)}`].reduce((rest, character) => {
    const value = Number.parseInt(character, 36)
    return (rest * (value > 9 ? 100 : 10) + value) % 97
  }, 0)

const parseAba = (routingNumber: string, accountNumber: string): AccountNumber => {
  if (!/^\d{9}$/.test(routingNumber)) return invalid('routing_number_malformed')
  if (!isFederalReservePrefix(Number(routingNumber.slice(0, 2)))) return invalid('routing_number_prefix_unassigned')
  const weights = [3, 7, 1, 3, 7, 1, 3, 7, 1]
  const sum = weights.reduce((total, weight, index) => total + weight * Number(routingNumber[index]), 0)
  // All zeros satisfy the modulus, and no bank has them.
  if (sum === 0 || sum % 10 !== 0) return invalid('routing_number_checksum_wrong')
  if (!/^\d{4,17}$/.test(accountNumber)) return invalid('account_number_malformed')
  return { kind: 'aba', routingNumber, accountNumber }
}

/** Government 00; Federal Reserve districts 01–12, thrifts 21–32, electronic 61–72; traveller's cheques 80 (ABA routing number policy). */
const isFederalReservePrefix = (prefix: number): boolean =>
  prefix <= 12 || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) || prefix === 80

const invalid = (reason: string): never => {
  throw new BridgeError('account_invalid', { reason })
}
