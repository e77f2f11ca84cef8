import { HardhatError } from '@nomicfoundation/hardhat-errors'
import { type ArtifactResolver, type EIP1193Provider, trackTransaction, wipe } from '@nomicfoundation/ignition-core'
import { type Address, getAddress, type Hex, type PublicClient } from 'viem'

/** A transaction that a run had begun to send when it ended: Ignition's journal has its nonce and no hash. */
export type Unrecorded = { readonly futureId: string; readonly sender: Address; readonly nonce: number }

/** What Ignition says of the first one that it finds, before it goes on with anything; undefined for every other error. */
export const unrecordedIn = (error: unknown): Unrecorded | undefined => {
  if (!HardhatError.isHardhatError(error, HardhatError.ERRORS.IGNITION.EXECUTION.TRANSACTION_LOST)) return undefined
  const { futureId, sender, nonce } = error.messageArguments
  return { futureId: String(futureId), sender: getAddress(String(sender)), nonce: Number(nonce) }
}

type Chain = Pick<PublicClient, 'getTransactionCount' | 'getBlock' | 'getBlockNumber'>

/**
 * Ignition leaves it to a person to find out what became of such a transaction. The chain knows: its nonce is used, waits in the pool, or was never
 * sent. What was mined is written into the journal, what was not is forgotten and sent anew, with the same nonce, so that one of the two counts.
 * `startBlock` is before the first transaction of the deployment.
 */
export const recordSent = async (
  journal: string,
  { futureId, sender, nonce }: Unrecorded,
  { chain, provider, startBlock, pollMs }: { chain: Chain; provider: EIP1193Provider; startBlock: bigint; pollMs: number },
): Promise<void> => {
  const nextNonce = (blockTag: 'latest' | 'pending') => chain.getTransactionCount({ address: sender, blockTag })
  while ((await nextNonce('latest')) <= nonce) {
    if ((await nextNonce('pending')) <= nonce) return wipe(journal, noArtifacts, futureId)
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
  await trackTransaction(journal, await minedWith(chain, sender, nonce, startBlock), provider, 1)
}

const minedWith = async (chain: Chain, sender: Address, nonce: number, startBlock: bigint): Promise<Hex> => {
  const head = await chain.getBlockNumber({ cacheTime: 0 })
  for (let blockNumber = startBlock; blockNumber <= head; blockNumber++) {
    const { transactions } = await chain.getBlock({ blockNumber, includeTransactions: true })
    const found = transactions.find(tx => getAddress(tx.from) === sender && tx.nonce === nonce)
    if (found) return found.hash
  }
  throw new Error(`nonce ${nonce} of ${sender} is used, but not since block ${startBlock}`)
}

// A journal on disk is read without them.
const noArtifacts: ArtifactResolver = {
  loadArtifact: name => Promise.reject(new Error(`no artifact of ${name} here`)),
  getBuildInfo: () => Promise.resolve(undefined),
}
