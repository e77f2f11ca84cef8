import { decimalsOf } from '../../money/currency.ts'
import { formatDecimal, type Money, subtract } from '../../money/money.ts'
import { totalOf } from '../../policy/fees.ts'
import type { Price } from '../../policy/pricing.ts'

/** A price as SEP-38 shows it; our fee is in what is sold. */
export type WalletPrice = {
  readonly total_price: string
  readonly price: string
  readonly sell_amount: string
  readonly buy_amount: string
  readonly fee: {
    readonly total: string
    readonly asset: string
    readonly details: readonly { readonly name: string; readonly amount: string }[]
  }
}

/**
 * `sell_amount = total_price * buy_amount` and `sell_amount - fee = price * buy_amount` (SEP-38, "Price Formulas"): both hold to less than half
 * a unit of the last decimal that either amount can have on the ledger.
 */
export const walletPrice = (
  { sourceAmount, fee, fees, destinationAmount }: Pick<Price, 'sourceAmount' | 'fee' | 'fees' | 'destinationAmount'>,
  feeAsset: string,
): WalletPrice => ({
  total_price: unitPrice(sourceAmount, destinationAmount),
  price: unitPrice(subtract(sourceAmount, fee), destinationAmount),
  sell_amount: formatDecimal(sourceAmount),
  buy_amount: formatDecimal(destinationAmount),
  fee: { total: formatDecimal(fee), asset: feeAsset, details: feeDetails(fee, fees) },
})

const feeDetails = (fee: Money, fees: Price['fees']) => {
  const network = totalOf(
    fees.filter(({ kind }) => kind === 'network'),
    fee.currency,
  )
  const service = subtract(fee, network)
  return [
    ...(service.minor === 0n ? [] : [{ name: 'Service fee', amount: formatDecimal(service) }]),
    ...(network.minor === 0n ? [] : [{ name: 'Network fee', amount: formatDecimal(network) }]),
  ]
}

/** The price of one unit of `bought` in units of `paid`, with as many decimals as it takes to get `paid` back from it, rounded half up. */
export const unitPrice = (paid: Money, bought: Money): string => {
  const digits = ledgerDecimals + wholeDigits(bought)
  const numerator = paid.minor * 10n ** BigInt(decimalsOf(bought.currency) + digits)
  const denominator = bought.minor * 10n ** BigInt(decimalsOf(paid.currency))
  const scaled = ((2n * numerator + denominator) / (2n * denominator)).toString().padStart(digits + 1, '0')
  return `${scaled.slice(0, -digits)}.${scaled.slice(-digits)}`.replace(/\.?0+$/, '')
}

// Amounts on Stellar have seven, and no currency of ours has more.
const ledgerDecimals = 7

const wholeDigits = ({ minor, currency }: Money): number => (minor / 10n ** BigInt(decimalsOf(currency))).toString().length
