/**
 * TypeIDs (github.com/jetify-com/typeid): a prefix and a UUIDv7 in Crockford's base32, so ids say what they are and sort by time.
 */
export type TransferId = `tr_${string}` & { readonly brand: 'TransferId' }
export type QuoteId = `qt_${string}` & { readonly brand: 'QuoteId' }

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const suffix = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/

/** `uuid` comes from outside, since the core has neither clock nor randomness. */
export const typeId = <T extends string>(prefix: string, uuid: string): T => {
  let value = BigInt(`0x${uuid.replaceAll('-', '')}`)
  let text = ''
  for (let index = 0; index < 26; index++) {
    text = alphabet[Number(value & 31n)] + text
    value >>= 5n
  }
  return `${prefix}_${text}` as T
}

export const isTransferId = (text: string): text is TransferId => text.startsWith('tr_') && suffix.test(text.slice(3))
export const isQuoteId = (text: string): text is QuoteId => text.startsWith('qt_') && suffix.test(text.slice(3))
