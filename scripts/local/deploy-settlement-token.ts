import {
  type Address,
  createTestClient,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  http,
  publicActions,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../contracts/abi/settlement-token.ts'
import { readArtifact } from './compile.ts'
import type { Deployment } from './deploy-contracts.ts'

// A local world is for trying everything; what limits do is tried where they are set on purpose.
const looseLimits = { capacity: 10n ** 30n, refillPerDay: 10n ** 30n, attestationThreshold: 10n ** 30n, attestationQuorum: 1 }
export const looseMinterLimits = { perTransaction: 10n ** 24n, capacity: 10n ** 24n, refillPerDay: 10n ** 24n }
const gas = { deploy: 6_000_000n, call: 400_000n }
const fees = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }

/**
 * Deploys a token that the bridge issues itself, beside the escrow that is there already: the treasury key mints, the admin limits and pauses,
 * and the escrow lists it. In one block, like the other contracts.
 */
export const deploySettlementToken = async (url: string, { chainId, escrow, admin, treasury }: Deployment): Promise<Address> => {
  const client = createTestClient({ mode: 'hardhat', transport: http(url), pollingInterval: 20 }).extend(publicActions)
  const first = await client.getTransactionCount({ address: admin.address })
  const token = getContractAddress({ from: admin.address, nonce: BigInt(first) })
  const account = privateKeyToAccount(admin.key)
  const send = async (offset: number, call: { to?: Address; data: Hex; gas: bigint }) =>
    client.sendRawTransaction({
      serializedTransaction: await account.signTransaction({ type: 'eip1559', chainId, nonce: first + offset, ...fees, ...call }),
    })
  const setup = {
    name: 'Test Euro',
    symbol: 'TEUR',
    admin: admin.address,
    adminDelay: 0,
    limitsDelay: 0n,
    escrows: [escrow],
    limiters: [admin.address],
    pausers: [admin.address],
    minters: [{ account: treasury.address, limits: looseMinterLimits }],
  }
  const { bytecode } = readArtifact('SettlementToken.sol/SettlementToken')
  const list = encodeFunctionData({ abi: escrowAbi, functionName: 'listToken', args: [token, looseLimits] })
  const hashes = [
    await send(0, { data: encodeDeployData({ abi: settlementTokenAbi, bytecode, args: [setup] }), gas: gas.deploy }),
    await send(1, { to: escrow, data: list, gas: gas.call }),
  ]
  await client.mine({ blocks: 1, interval: 0 })
  const receipts = await Promise.all(hashes.map(hash => client.waitForTransactionReceipt({ hash, timeout: 30_000 })))
  const reverted = receipts.find(receipt => receipt.status !== 'success')
  if (reverted) throw new Error(`deployment reverted in ${reverted.transactionHash}`)
  return token
}
