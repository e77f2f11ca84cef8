import { type Address, encodeFunctionData, erc20Abi, type Hex, isAddressEqual, zeroAddress } from 'viem'
import { depositAddressesAbi } from '../../../../contracts/abi/deposit-addresses.ts'
import { BridgeError } from '../../errors.ts'
import type { Outcome } from '../../outcome.ts'
import type { ChainTx, HoldTerms } from '../chain.ts'
import type { DepositAddresses, Holding, StrayMoney, WayBack } from '../deposits.ts'
import type { Call } from './call.ts'
import { depositAddress } from './deposit-address.ts'
import type { EvmTerms } from './escrow-id.ts'
import { unavailable } from './failure.ts'
import type { Rpc } from './rpc.ts'

/** `Status` of the escrow. */
const [none, refunded] = [0, 3]
/** Of one call: its answer costs a node some 20,000 gas for each of the tokens of each. */
const looksPerCall = 100

export type AddressPlace = {
  readonly rpc: Rpc
  readonly chainId: number
  /** The contract of the deposit addresses. */
  readonly contract: Address
  /** Those of our currencies. */
  readonly tokens: readonly Address[]
  readonly contractTerms: (terms: HoldTerms) => EvmTerms
  readonly idOf: (terms: HoldTerms) => Hex
  /** Who sends, and pays the gas; an operator of the escrow may take back early what will not be locked. */
  readonly operator: Address
  readonly submit: (call: Call) => Promise<Outcome<ChainTx>>
  /** Throws unless the node serves the configured chain. */
  readonly verifyChain: () => Promise<void>
}

/** Deposit addresses on an EVM chain, with the way back of what lies there. */
export const evmDepositAddresses = (place: AddressPlace) => {
  const { rpc, contract, contractTerms, idOf } = place
  const read = { address: contract, abi: depositAddressesAbi } as const
  const assets = [...place.tokens, zeroAddress]
  const nameOf = (asset: Address) => (asset === zeroAddress ? 'native' : asset)
  const assetOf = (token: string) => (token === 'native' ? zeroAddress : (token as Address))
  const addressOf = (terms: HoldTerms): Address => depositAddress(contract, idOf(terms))

  const answered = async <T>(reading: Promise<T>): Promise<T> => {
    try {
      return await reading
    } catch (error) {
      throw unavailable(error)
    }
  }

  const lookAtSome = async (deposits: readonly HoldTerms[]): Promise<Holding[]> => {
    const args = [deposits.map(contractTerms), assets] as const
    const found = await answered(rpc.client.readContract({ ...read, functionName: 'look', args }))
    return found.map(({ status, balances }) => ({
      escrow: status === none ? 'none' : status === refunded ? 'refunded' : 'locked',
      balances: balances.map((units, index) => ({ token: nameOf(assets[index]!), units })),
    }))
  }

  const look = async (deposits: readonly HoldTerms[]): Promise<Holding[]> => {
    await place.verifyChain()
    const holdings: Holding[] = []
    for (let first = 0; first < deposits.length; first += looksPerCall)
      holdings.push(...(await lookAtSome(deposits.slice(first, first + looksPerCall))))
    return holdings
  }

  const addresses: DepositAddresses = {
    addressOf,
    look,
    prepare: async terms => {
      await place.verifyChain()
      const held = contractTerms(terms)
      const to = addressOf(terms)
      // An address that the contract on the chain would not know is one that nothing could ever leave.
      const told = await answered(rpc.client.readContract({ ...read, functionName: 'depositAddressOf', args: [held] }))
      if (!isAddressEqual(told, to)) throw new BridgeError('config_invalid', { setting: 'depositAddresses', contract })
      const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, held.amount] })
      return {
        kind: 'evm_transfer',
        escrowId: idOf({ ...terms, payer: to }),
        ...{ token: held.token, to, units: terms.amountMinor },
        call: { to: held.token, data },
        uri: `ethereum:${held.token}@${place.chainId}/transfer?address=${to}&uint256=${held.amount}`,
      }
    },
    lock: (key, terms) =>
      place.submit({
        ...{ key, action: 'lock', sender: place.operator, to: contract },
        data: encodeFunctionData({ abi: depositAddressesAbi, functionName: 'lock', args: [contractTerms(terms)] }),
      }),
  }

  return {
    addresses,
    wayBack: async (terms: HoldTerms, { token }: StrayMoney): Promise<WayBack> => {
      const [holding] = await look([terms])
      const left = holding!.balances.find(balance => isAddressEqual(assetOf(balance.token), assetOf(token)))
      return left !== undefined && left.units === 0n ? { kind: 'over' } : { kind: 'byUs' }
    },
    giveBack: (key: string, terms: HoldTerms, { token }: StrayMoney): Promise<Outcome<ChainTx>> => {
      const args = [contractTerms(terms), assetOf(token)] as const
      return place.submit({
        ...{ key, action: 'recover', sender: place.operator, to: contract },
        data: encodeFunctionData({ abi: depositAddressesAbi, functionName: 'recover', args }),
      })
    },
  }
}
