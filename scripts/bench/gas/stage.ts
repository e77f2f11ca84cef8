import { network } from 'hardhat'
import {
  type Abi,
  type Address,
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  type Hex,
  keccak256,
  numberToHex,
  parseUnits,
  toHex,
} from 'viem'
import type { EvmTerms } from '../../../bridge-service/src/chains/evm/escrow-id.ts'
import { depositAddressesAbi } from '../../../contracts/abi/deposit-addresses.ts'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../../contracts/abi/test-dollar.ts'
import { compileContracts, readArtifact } from '../../local/compile.ts'
import { evmAccount } from '../../local/evm-accounts.ts'

// Every byte that is signed or sent is the same on every run, so the figures are too: calldata is paid by its bytes.
const start = 1_900_000_000
const day = 86_400
const limits = {
  capacity: 10n ** 30n,
  refillPerDay: 10n ** 30n,
  attestationThreshold: parseUnits('10000', 6),
  attestationQuorum: 2,
}

export type Stage = Awaited<ReturnType<typeof openStage>>

/** A chain in this process with escrow and test dollar, one account for each part, and calls that answer with the gas of their receipt. */
export const openStage = async () => {
  await compileContracts()
  const { provider } = await network.create()
  const rpc = <T>(method: string, params: unknown[]) => provider.request({ method, params }) as Promise<T>
  const actors = {
    admin: evmAccount(0),
    treasury: evmAccount(1),
    operator: evmAccount(2),
    customer: evmAccount(3),
    anyone: evmAccount(4),
    attesters: [evmAccount(5), evmAccount(6)].toSorted((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1)),
  }
  let clock = start
  let made = 0

  const send = async (from: Address, call: { to?: Address; data: Hex }) => {
    await rpc('evm_setNextBlockTimestamp', [++clock])
    const hash = await rpc<Hex>('eth_sendTransaction', [{ from, ...call, gas: numberToHex(15_000_000) }])
    const receipt = await rpc<{ status: Hex; gasUsed: Hex; contractAddress: Address | null }>('eth_getTransactionReceipt', [hash])
    if (receipt.status !== '0x1') throw new Error(`transaction reverted: ${call.data.slice(0, 10)}`)
    return receipt
  }
  const create = async (path: string, abi: Abi, args: unknown[]) => {
    const data = encodeDeployData({ abi, bytecode: readArtifact(path).bytecode, args })
    return getAddress((await send(actors.admin.address, { data })).contractAddress!)
  }
  const token = await create('test/TestDollar.sol/TestDollar', testDollarAbi, [actors.admin.address])
  const escrow = await create('Escrow.sol/Escrow', escrowAbi, [
    {
      admin: actors.admin.address,
      adminDelay: 0,
      limitsDelay: 0n,
      operators: [actors.operator.address],
      guardians: [],
      limiters: [],
      attesters: actors.attesters.map(({ address }) => address),
      listings: [{ token, limits }],
    },
  ])
  const depositAddresses = await create('DepositAddresses.sol/DepositAddresses', depositAddressesAbi, [escrow])
  const gasOf = (to: Address, abi: Abi) => async (from: { address: Address }, functionName: string, args: unknown[]) =>
    Number((await send(from.address, { to, data: encodeFunctionData({ abi, functionName, args }) })).gasUsed)

  return {
    ...actors,
    chainId: Number(await rpc<Hex>('eth_chainId', [])),
    token,
    escrow,
    depositAddresses,
    /** Unix seconds at which the terms of this stage become refundable by anyone. */
    refundAfter: BigInt(start + day),
    callToken: gasOf(token, testDollarAbi as Abi),
    callDepositAddresses: gasOf(depositAddresses, depositAddressesAbi as Abi),
    callEscrow: gasOf(escrow, escrowAbi as Abi),
    /** New terms, each time; 100.25 dollars from treasury to customer unless changed. */
    terms: (change: Partial<EvmTerms> = {}): EvmTerms => ({
      ref: keccak256(toHex(`tr_${++made}`)),
      token,
      payer: actors.treasury.address,
      payee: actors.customer.address,
      amount: parseUnits('100.25', 6),
      refundAfter: BigInt(start + day),
      hardDeadline: BigInt(start + 7 * day),
      onExpiry: 0,
      ...change,
    }),
    passDeadline: () => {
      clock = start + day
    },
    bytesAt: async (address: Address) => (await rpc<Hex>('eth_getCode', [address, 'latest'])).length / 2 - 1,
  }
}
