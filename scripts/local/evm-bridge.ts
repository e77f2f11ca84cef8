import { join } from 'node:path'
import type { Address } from 'viem'
import { writeAddressBook } from '../deploy/address-book.ts'
import { type Deployment, deployContracts } from './deploy-contracts.ts'
import { deploySettlementToken } from './deploy-settlement-token.ts'
import { type LocalEvm, type LocalEvmOptions, startEvm } from './evm.ts'

/** An EVM chain with the bridge's contracts on it. */
export type EvmBridge = {
  readonly evm: LocalEvm
  readonly contracts: Deployment
  /** EURC here: the bridge mints it itself, for every transfer what it needs. USDC comes out of the treasury's inventory. */
  readonly settlementToken: Address
  readonly chain: `evm:${number}`
  /** Its entry in `CAUSEWAY_CHAINS`. */
  readonly entry: Readonly<Record<string, unknown>>
  readonly stop: () => Promise<void>
}

export type EvmBridgeOptions = LocalEvmOptions & {
  /** Confirmations that the finality policy asks for; of large amounts twice as many. */
  readonly confirmations?: number | undefined
  /** How deep a reorg may be before the chain is halted. */
  readonly finalityDepth?: number | undefined
}

/** A fresh chain, with treasury, contracts and tokens. On every chain they have the same addresses: nothing may be told by an address alone. */
export const startEvmBridge = async (folder: string, options: EvmBridgeOptions): Promise<EvmBridge> => {
  const { confirmations = 2, finalityDepth = 16 } = options
  const evm = await startEvm(folder, options)
  try {
    const contracts = await deployContracts(evm.url)
    const settlementToken = await deploySettlementToken(evm.url, contracts)
    const addressBook = join(folder, `addresses-${contracts.chainId}.json`)
    writeAddressBook(addressBook, {
      ...{ chainId: contracts.chainId, escrow: contracts.escrow, depositAddresses: contracts.depositAddresses },
      startBlock: String(contracts.startBlock),
      ...{ tokens: { USDC: contracts.token, EURC: settlementToken }, funding: { USDC: 'liquidity', EURC: 'mint' } },
    })
    const tier = (uptoMinor: string | null, confirmations: number) => ({
      uptoMinor,
      requirement: { level: 'latest', confirmations },
    })
    return {
      ...{ evm, contracts, settlementToken, chain: `evm:${contracts.chainId}`, stop: evm.stop },
      entry: {
        ...{ addressBook, rpcUrls: [evm.url], finalityDepth },
        ...{ pollMs: 50, stuckAfterMs: 5_000, laneLeaseMs: 1_000, softDeadlineMs: 3_600_000, hardDeadlineMs: 86_400_000 },
        finality: [tier('1000000000', confirmations), tier(null, confirmations * 2)],
      },
    }
  } catch (error) {
    await evm.stop()
    throw error
  }
}
