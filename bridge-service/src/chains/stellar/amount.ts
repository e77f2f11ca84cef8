import { BridgeError } from '../../errors.ts'
import { type Currency, decimalsOf } from '../../money/currency.ts'

/** The ledger counts every asset in 10⁻⁷, in an int64. */
const ledgerDecimals = 7
const maxStroops = 2n ** 63n - 1n

/**
 * Minor units of a currency as the ledger's units of 10⁻⁷. `assetDecimals`: what the issuer divides its token into. Throws
 * `amount_precision` when anything would be left over, or the ledger cannot hold it.
 */
export const stroopsOf = (minor: bigint, currency: Currency, assetDecimals = ledgerDecimals): bigint => {
  const stroops = rescaled(minor, decimalsOf(currency), ledgerDecimals)
  const finest = 10n ** BigInt(ledgerDecimals - Math.min(assetDecimals, ledgerDecimals))
  if (stroops === undefined || stroops % finest !== 0n || stroops > maxStroops || stroops < 0n)
    throw new BridgeError('amount_precision', { amountMinor: minor.toString(), asset: currency })
  return stroops
}

/** The other way, rounded down: what is less than a minor unit is not ours to promise. */
export const minorOf = (stroops: bigint, currency: Currency): bigint => {
  const decimals = decimalsOf(currency)
  return decimals >= ledgerDecimals
    ? stroops * 10n ** BigInt(decimals - ledgerDecimals)
    : stroops / 10n ** BigInt(ledgerDecimals - decimals)
}

/** `100.2500000`, as Horizon and the SDK write amounts. */
export const showStroops = (stroops: bigint): string => {
  const digits = stroops.toString().padStart(ledgerDecimals + 1, '0')
  return `${digits.slice(0, -ledgerDecimals)}.${digits.slice(-ledgerDecimals)}`
}

/** Reads what Horizon writes: a decimal string of at most seven decimals. */
export const readStroops = (text: string): bigint => {
  const parts = /^(\d+)(?:\.(\d{1,7}))?$/.exec(text)
  if (!parts) throw new BridgeError('internal', { reason: 'not an amount of the ledger', text })
  return BigInt(parts[1]! + (parts[2] ?? '').padEnd(ledgerDecimals, '0'))
}

const rescaled = (value: bigint, from: number, to: number): bigint | undefined => {
  if (from <= to) return value * 10n ** BigInt(to - from)
  const divisor = 10n ** BigInt(from - to)
  return value % divisor === 0n ? value / divisor : undefined
}
