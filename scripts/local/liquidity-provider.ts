import type { Currency } from '../../bridge-service/src/money/currency.ts'
import { evmAccount } from './evm-accounts.ts'

/** Who takes the other side here of what the house moves to a chain, or from one. He has what he is given, and no more. */
export const liquidityProvider = evmAccount(8)
export const providerAccount = {
  ...{ scheme: 'wire', name: 'Deep Pockets' },
  ...{ accountNumber: '310000001', routingNumber: '021000021' },
} as const

/** He has one address on every EVM chain. */
export const providersOn = (chains: readonly string[]) => [
  {
    currency: 'USD' satisfies Currency,
    account: providerAccount,
    addresses: Object.fromEntries(chains.map(chain => [chain, liquidityProvider.address])),
  },
]
