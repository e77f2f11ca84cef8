import type { Pool } from 'pg'
import type { Chain } from '../chains/chain.ts'
import { BridgeError } from '../errors.ts'
import { chartFor } from '../ledger/chart.ts'
import { openAccounts } from '../ledger/open-accounts.ts'
import type { Log } from '../log.ts'
import type { Currency } from '../money/currency.ts'

export type MintedAsset = { readonly chain: Chain; readonly currency: Currency }

/**
 * Before the first transfer is funded: what is to be minted can be, and has its accounts. Throws `config_invalid` for a token that does not
 * mint into our escrow. A minter whose limits are zero may be meant so for a while, and a silent chain must not keep us from starting: both
 * are told, and a lock that cannot be minted is refused by the token.
 */
export const checkFunding = async (pool: Pool, minted: readonly MintedAsset[], log: Log): Promise<void> => {
  const problems: string[] = []
  for (const { chain, currency } of minted) {
    const asset = { chain: chain.id, asset: currency }
    try {
      const rights = await chain.mintRights(currency)
      if (!rights.locksInEscrow)
        problems.push(
          `CAUSEWAY_CHAINS: ${chain.id} funds ${currency} by mint, but its token does not mint into our escrow (ESCROW_ROLE)`,
        )
      else if (rights.perTransactionMinor === '0') log('error', 'the treasury key may mint nothing', asset)
    } catch (error) {
      log('warn', 'what we may mint is not known: the chain does not answer', { ...asset, error: String(error) })
    }
  }
  if (problems.length > 0) throw new BridgeError('config_invalid', { problems })
  const tokens = minted.map(({ chain, currency }) => ({ chain: chain.id, currency }))
  await openAccounts(pool, chartFor({ tokens }))
}
