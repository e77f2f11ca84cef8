import type { z } from 'zod'
import type { Leg } from '../transfer/terms.ts'
import type { shownLeg } from './schemas.ts'

/** A leg as the API shows it. */
export const legJson = (leg: Leg): z.output<typeof shownLeg> => {
  if (leg.kind === 'chain') {
    const { chain, address, currency, depositBy } = leg
    return { type: 'chain_address', chain, address, asset: currency, ...(depositBy ? { depositBy } : {}) }
  }
  const { name, accountNumber, routingNumber } = leg.account
  return {
    type: 'bank_account',
    rail: leg.scheme,
    name,
    accountNumber: masked(accountNumber),
    ...(routingNumber === undefined ? {} : { routingNumber }),
    asset: leg.currency,
  }
}

// Enough for the owner to recognise it; of a short number no more than half.
const masked = (text: string): string => `****${text.slice(-Math.min(4, Math.floor(text.length / 2)))}`
