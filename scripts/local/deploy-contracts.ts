import {
  type Address,
  createTestClient,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  http,
  maxUint256,
  parseUnits,
  publicActions,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { depositAddressesAbi } from '../../contracts/abi/deposit-addresses.ts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import { compileContracts, readArtifact } from './compile.ts'
import { type EvmAccount, evmAccount } from './evm-accounts.ts'

export type Deployment = {
  readonly chainId: number
  readonly escrow: Address
  readonly depositAddresses: Address
  /** Test Dollar, 6 decimals; the admin owns it and may mint. */
  readonly token: Address
  /** The first block that can hold an event of the contracts. */
  readonly startBlock: number
  /** Admin and guardian of the escrow, owner of the token. */
  readonly admin: EvmAccount
  /** Payer of the bridge's own locks; has a float, and has approved the escrow without limit. */
  readonly treasury: EvmAccount
  /** Releases and refunds. */
  readonly operator: EvmAccount
}

const treasuryFloat = parseUnits('10000000', 6)
// A local world is for trying everything; what limits do is tried where they are set on purpose.
const looseLimits = { capacity: 10n ** 30n, refillPerDay: 10n ** 30n, attestationThreshold: 10n ** 30n, attestationQuorum: 1 }
const gas = { deploy: 8_000_000n, call: 200_000n }
const fees = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n }

/**
 * Deploys token, escrow and deposit addresses on a fresh local chain and funds the treasury, all in one block where the chain lets it: addresses and nonces
 * are known beforehand, so nothing waits for a receipt. Works on a chain that mines on demand only, and on one with a timer.
 * A chain that outlives its process is for `scripts/deploy.ts`, whose journal and checks take seconds that each test would pay.
 */
export const deployContracts = async (url: string): Promise<Deployment> => {
  await compileContracts()
  const client = createTestClient({ mode: 'hardhat', transport: http(url), pollingInterval: 20 }).extend(publicActions)
  const [admin, treasury, operator] = [evmAccount(0), evmAccount(1), evmAccount(2)]
  const chainId = await client.getChainId()
  const from = async (account: EvmAccount) => ({ account, nonce: await client.getTransactionCount({ address: account.address }) })
  const [deployer, payer] = [await from(admin), await from(treasury)]
  const created = (offset: number) => getContractAddress({ from: admin.address, nonce: BigInt(deployer.nonce + offset) })
  const [token, escrow, depositAddresses] = [created(0), created(1), created(2)]

  const send = async (sender: { account: EvmAccount; nonce: number }, call: { to?: Address; data: Hex; gas: bigint }) =>
    client.sendRawTransaction({
      serializedTransaction: await privateKeyToAccount(sender.account.key).signTransaction({
        type: 'eip1559',
        chainId,
        nonce: sender.nonce++,
        ...fees,
        ...call,
      }),
    })
  const tokenCode = readArtifact('test/TestDollar.sol/TestDollar').bytecode
  const escrowCode = readArtifact('Escrow.sol/Escrow').bytecode
  const depositAddressesCode = readArtifact('DepositAddresses.sol/DepositAddresses').bytecode
  const hashes = [
    await send(deployer, {
      data: encodeDeployData({ abi: testDollarAbi, bytecode: tokenCode, args: [admin.address] }),
      gas: gas.deploy,
    }),
    await send(deployer, {
      data: encodeDeployData({
        abi: escrowAbi,
        bytecode: escrowCode,
        args: [
          {
            admin: admin.address,
            adminDelay: 0,
            limitsDelay: 0n,
            operators: [operator.address],
            guardians: [admin.address],
            limiters: [admin.address],
            attesters: [],
            listings: [{ token, limits: looseLimits }],
          },
        ],
      }),
      gas: gas.deploy,
    }),
    await send(deployer, {
      data: encodeDeployData({ abi: depositAddressesAbi, bytecode: depositAddressesCode, args: [escrow] }),
      gas: gas.deploy,
    }),
    await send(deployer, {
      to: token,
      data: encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [treasury.address, treasuryFloat] }),
      gas: gas.call,
    }),
    await send(payer, {
      to: token,
      data: encodeFunctionData({ abi: testDollarAbi, functionName: 'approve', args: [escrow, maxUint256] }),
      gas: gas.call,
    }),
  ]
  await client.mine({ blocks: 1, interval: 0 })
  const receipts = await Promise.all(hashes.map(hash => client.waitForTransactionReceipt({ hash, timeout: 30_000 })))
  const reverted = receipts.find(receipt => receipt.status !== 'success')
  if (reverted) throw new Error(`deployment reverted in ${reverted.transactionHash}`)
  return { chainId, escrow, depositAddresses, token, startBlock: Number(receipts[0]!.blockNumber), admin, treasury, operator }
}
