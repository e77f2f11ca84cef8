import { type Address, createTestClient, encodeFunctionData, type Hex, http, publicActions, walletActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import type { EvmBridge } from '../../scripts/local/evm-bridge.ts'
import { until } from './until.ts'

/** What a test can do on an EVM chain of its world: as its node, its guardian, and the owner of its test dollar. */
export const evmHands = ({ evm, contracts }: Pick<EvmBridge, 'evm' | 'contracts'>) => {
  const { admin, chainId, escrow, token } = contracts
  const node = createTestClient({ mode: 'hardhat', transport: http(evm.url), pollingInterval: 20, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions)

  /** A call by a local key that is none of the service's, waited for. */
  const sendAs = async (key: Hex, to: Address, data: Hex): Promise<void> => {
    const account = privateKeyToAccount(key)
    const [nonce, { baseFeePerGas }] = await Promise.all([
      node.getTransactionCount({ address: account.address, blockTag: 'pending' }),
      node.getBlock(),
    ])
    const hash = await node.sendRawTransaction({
      serializedTransaction: await account.signTransaction({
        ...{ type: 'eip1559', chainId, nonce, to, data, gas: 500_000n },
        ...{ maxFeePerGas: (baseFeePerGas ?? 0n) * 2n + 20_000_000_000n, maxPriorityFeePerGas: 10_000_000_000n },
      }),
    })
    const receipt = await until('a receipt', () => node.getTransactionReceipt({ hash }).catch(() => undefined))
    expect(receipt.status).toBe('success')
  }
  const guardEscrow = (functionName: 'pause' | 'unpause') =>
    sendAs(admin.key, escrow, encodeFunctionData({ abi: escrowAbi, functionName, args: [token] }))
  const guardToken = (functionName: 'pause' | 'unpause') =>
    sendAs(admin.key, token, encodeFunctionData({ abi: testDollarAbi, functionName }))
  const deny = (account: Address, denied: boolean) =>
    sendAs(admin.key, token, encodeFunctionData({ abi: testDollarAbi, functionName: 'setDenied', args: [account, denied] }))

  return { node, sendAs, guardEscrow, guardToken, deny }
}
