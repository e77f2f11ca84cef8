import { type Address, createWalletClient, defineChain, erc20Abi, type Hex, http, publicActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { TypedData, WalletCall } from '../../bridge-service/src/chains/deposits.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import type { EvmAccount } from './evm-accounts.ts'
import type { World } from './world.ts'

/** Somebody with a wallet on the local EVM chain, as `stellarParty` is on Stellar: a customer, say. */
export const evmParty = ({ evm, contracts }: Pick<World, 'evm' | 'contracts'>, { key }: Pick<EvmAccount, 'key'>) => {
  const chain = defineChain({
    ...{ id: contracts.chainId, name: 'local', rpcUrls: { default: { http: [evm.url] } } },
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  })
  const account = privateKeyToAccount(key)
  const clientOf = (signer: typeof account) =>
    createWalletClient({ account: signer, chain, transport: http(), pollingInterval: 20, cacheTime: 0 }).extend(publicActions)
  const wallet = clientOf(account)
  const admin = clientOf(privateKeyToAccount(contracts.admin.key))

  const mined = async (client: typeof wallet, hash: Hex): Promise<void> => {
    const { status } = await client.waitForTransactionReceipt({ hash, timeout: 20_000 })
    if (status !== 'success') throw new Error(`${hash} reverted`)
  }

  return {
    address: account.address,
    /** A call that a wallet was given, sent and in a block. */
    send: async ({ to, data }: WalletCall): Promise<void> => {
      const call = { to: to as Address, data: data as Hex }
      // As wallets do: who locks when nothing else is locked any more pays more than he was told while there was something.
      const gas = ((await wallet.estimateGas(call)) * 3n) / 2n
      await mined(wallet, await wallet.sendTransaction({ ...call, gas }))
    },
    sign: (data: TypedData): Promise<Hex> =>
      account.signTypedData(data as unknown as Parameters<typeof account.signTypedData>[0]),
    /** New test dollars out of nothing, in minor units. */
    fund: async (minor: bigint): Promise<void> => {
      const mint = { address: contracts.token, abi: testDollarAbi, functionName: 'mint', args: [account.address, minor] } as const
      await mined(admin, await admin.writeContract(mint))
    },
    /** Of the test dollar, in minor units. */
    holds: (): Promise<bigint> =>
      wallet.readContract({ address: contracts.token, abi: erc20Abi, functionName: 'balanceOf', args: [account.address] }),
  }
}

export type EvmParty = ReturnType<typeof evmParty>
