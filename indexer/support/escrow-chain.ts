import { randomBytes } from 'node:crypto'
import { type Address, bytesToHex, createTestClient, encodeFunctionData, type Hex, http, publicActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { deployContracts } from '../../scripts/local/deploy-contracts.ts'
import { startEvm } from '../../scripts/local/evm.ts'
import type { EvmAccount } from '../../scripts/local/evm-accounts.ts'
import { createWorkspace } from '../../scripts/local/workspace.ts'

type Terms = {
  ref: Hex
  token: Address
  payer: Address
  payee: Address
  amount: bigint
  refundAfter: bigint
  hardDeadline: bigint
  onExpiry: number
}

/** A signed transaction of the escrow: the same bytes can be sent again after a reorg. */
export type Sent = { readonly hash: Hex; readonly raw: Hex; readonly terms: Terms }

export type EscrowChain = Awaited<ReturnType<typeof startEscrowChain>>

/** A real EVM that mines on demand, with the escrow deployed, and hands to lock, release and refund. */
export const startEscrowChain = async (port?: number) => {
  const workspace = createWorkspace()
  const evm = await startEvm(workspace.folder, { blockMs: 0, ...(port === undefined ? {} : { port }) })
  const deployment = await deployContracts(evm.url)
  const stop = async () => {
    await evm.stop()
    workspace.remove()
  }
  return { ...onChain(evm.url, deployment), ...deployment, url: evm.url, folder: workspace.folder, stop }
}

// Farther than any test's chain runs ahead of the clock, nearer than the year that the contract allows.
const farOff = BigInt(Math.floor(Date.now() / 1000) + 180 * 86_400)

/** The same hands on any node. */
export const onChain = (url: string, deployment: Awaited<ReturnType<typeof deployContracts>>) => {
  const client = createTestClient({ mode: 'hardhat', transport: http(url), cacheTime: 0 }).extend(publicActions)
  const { escrow, token, admin, treasury, operator, chainId } = deployment

  const sign = async (sender: EvmAccount, functionName: 'lock' | 'release' | 'refund', terms: Terms): Promise<Sent> =>
    send(sender, encodeFunctionData({ abi: escrowAbi, functionName, args: [terms] }), terms)

  const send = async (sender: EvmAccount, data: Hex, terms: Terms): Promise<Sent> => {
    const raw = await privateKeyToAccount(sender.key).signTransaction({
      type: 'eip1559',
      chainId,
      to: escrow,
      nonce: await client.getTransactionCount({ address: sender.address, blockTag: 'pending' }),
      gas: 1_200_000n,
      maxFeePerGas: 20_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
      data,
    })
    return { raw, terms, hash: await client.sendRawTransaction({ serializedTransaction: raw }) }
  }

  const termsOf = (amount: bigint, ref: Hex): Terms => ({
    ...{ ref, token, payer: treasury.address, payee: operator.address, amount },
    ...{ refundAfter: farOff, hardDeadline: farOff, onExpiry: 0 },
  })

  const noTerms = termsOf(0n, bytesToHex(new Uint8Array(32)))

  return {
    client,
    height: () => client.getBlockNumber(),
    tip: () => client.getBlock({ blockTag: 'latest' }),
    // One at a time: from eight blocks in one call on, Hardhat's node serves blocks whose parent hash is no block of its own.
    mine: async (blocks = 1) => {
      for (let i = 0; i < blocks; i++) await client.mine({ blocks: 1 })
    },
    lock: (amount: bigint, ref: Hex = bytesToHex(randomBytes(32))) => sign(treasury, 'lock', termsOf(amount, ref)),
    /** Several in one transaction; what the contract refuses (an amount of zero) it skips. */
    lockBatch: (amounts: readonly bigint[]) => {
      const items = amounts.map(amount => termsOf(amount, bytesToHex(randomBytes(32))))
      return send(treasury, encodeFunctionData({ abi: escrowAbi, functionName: 'lockBatch', args: [items] }), items[0]!)
    },
    /** Each gives the hash of its transaction. */
    pause: async () =>
      (await send(admin, encodeFunctionData({ abi: escrowAbi, functionName: 'pause', args: [token] }), noTerms)).hash,
    unpause: async () =>
      (await send(admin, encodeFunctionData({ abi: escrowAbi, functionName: 'unpause', args: [token] }), noTerms)).hash,
    release: (lock: Sent) => sign(operator, 'release', lock.terms),
    refund: (lock: Sent) => sign(operator, 'refund', lock.terms),
    again: (sent: Sent) => client.sendRawTransaction({ serializedTransaction: sent.raw }),
  }
}
