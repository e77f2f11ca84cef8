import { Operation } from '@stellar/stellar-sdk'
import type { LocalBank } from './bank.ts'
import { evmAccount } from './evm-accounts.ts'
import type { StellarBridge } from './stellar-bridge.ts'
import { stellarParty } from './stellar-party.ts'
import { stellarKey } from './stellar-setup.ts'

/** On which kind of chain the partner of a currency is paid. */
export type PayoutChains = Partial<Record<'USD' | 'EUR', 'evm' | 'stellar'>>

const assetOf = { USD: 'USDC', EUR: 'EURC' } as const

/** Who pays out here: in dollars for USDC, which the treasury has, and in euros for EURC, which is minted for it. */
export const payoutPartner = evmAccount(9)
/** The same on Stellar. */
export const stellarPayoutPartner = stellarKey('causeway', 'payout-partner')

export const partnersOf = (chains: PayoutChains, evmChain: string, bank: Pick<LocalBank, 'partnerAccounts'>) =>
  (['USD', 'EUR'] as const).map(currency => ({
    ...{ currency, rail: 'bank:sim', account: bank.partnerAccounts[currency], asset: assetOf[currency] },
    ...(chains[currency] === 'stellar'
      ? { chain: 'stellar:local', address: stellarPayoutPartner.publicKey() }
      : { chain: evmChain, address: payoutPartner.address }),
  }))

/** Opens his account on Stellar, with a line for each token that he is paid in. */
export const openPartner = async (bridge: StellarBridge): Promise<void> => {
  const party = stellarParty(bridge, stellarPayoutPartner)
  await party.open()
  await party.send(...Object.values(assetOf).map(code => Operation.changeTrust({ asset: bridge.setup.assets[code]! })))
}
