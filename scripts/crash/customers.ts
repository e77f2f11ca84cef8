import { Claimant, Memo, Operation } from '@stellar/stellar-sdk'
import {
  type Address,
  createTestClient,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  http,
  maxUint256,
  parseEther,
  parseUnits,
} from 'viem'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import type { TransferView } from '../local/api-client.ts'
import type { EvmBridge } from '../local/evm-bridge.ts'
import { evmParty } from '../local/evm-party.ts'
import { stellarParty } from '../local/stellar-party.ts'
import type { World } from '../local/world.ts'
import type { Order } from './orders.ts'
import { stellarKeyOf } from './stellar-key.ts'

type Deposit = NonNullable<TransferView['deposit']>

export type Customers = {
  /** What a customer has before anybody orders anything for him: dollars to pay with, a line to be paid on. */
  readonly equip: (order: Order) => Promise<void>
  /** He brings what the transfer asks for. */
  readonly payIn: (order: Order, deposit: Deposit) => Promise<void>
}

/** The customers who act on a chain themselves. Each has keys of his own. */
export const openCustomers = (world: World): Customers => {
  const evmBridge = (chain: string): Pick<EvmBridge, 'evm' | 'contracts'> =>
    chain === world.secondEvm?.chain ? world.secondEvm : world
  const stellar = world.stellar!
  // Who makes the dollars has one row of numbers.
  let minting: Promise<void> = Promise.resolve()
  const minted = (fund: () => Promise<void>): Promise<void> => {
    const funded = minting.then(fund)
    minting = funded.catch(() => {})
    return funded
  }

  const equipOnEvm = async (key: Hex, chain: string, value: string) => {
    const { evm, contracts } = evmBridge(chain)
    const party = evmParty({ evm, contracts }, { key })
    const node = createTestClient({ mode: 'hardhat', transport: http(evm.url) })
    const gas = node.setBalance({ address: party.address, value: parseEther('1') })
    await Promise.all([gas, minted(() => party.fund(parseUnits(value, 6)))])
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [contracts.escrow, maxUint256] })
    await party.send({ to: contracts.token, data })
  }
  const openOnStellar = async (key: Hex, asset: string) => {
    const party = stellarParty(stellar, stellarKeyOf(key))
    await party.open()
    await party.trust(asset)
    return party
  }

  const equip: Customers['equip'] = async ({ customerKey: key, payer, payee, body }) => {
    if (key === undefined) return
    if (payee.at === 'stellar') await openOnStellar(key, payee.asset)
    const { value } = body.amount as { value: string }
    if (payer.at === 'evm') await equipOnEvm(key, payer.chain, value)
    if (payer.at === 'stellar') {
      const party = await openOnStellar(key, payer.asset)
      await minted(() => party.fund(payer.asset, value))
    }
  }

  const lock = async (key: Hex, chain: string, { ref, terms }: Deposit) => {
    const { evm, contracts } = evmBridge(chain)
    const { payer, payee, refundAfter, hardDeadline } = terms
    const locked = {
      ...{ ref: ref as Hex, token: contracts.token, payer: payer as Address, payee: payee as Address },
      ...{ amount: parseUnits(terms.amount.value, 6), refundAfter: BigInt(refundAfter), hardDeadline: BigInt(hardDeadline) },
      onExpiry: terms.onExpiry === 'refund' ? 0 : 1,
    }
    const data = encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [locked] })
    await evmParty({ evm, contracts }, { key }).send({ to: contracts.escrow, data })
  }
  const payOnStellar = async (key: Hex, by: Order['paysBy'], { ref, terms }: Deposit) => {
    const party = stellarParty(stellar, stellarKeyOf(key))
    const { assets, treasury } = stellar.setup
    const paid = { asset: assets[terms.amount.asset]!, amount: terms.amount.value }
    const ours = Claimant.predicateBeforeAbsoluteTime(String(terms.refundAfter))
    const claimants = [new Claimant(treasury.publicKey(), ours), new Claimant(party.address, Claimant.predicateNot(ours))]
    const operation =
      by === 'payment'
        ? Operation.payment({ ...paid, destination: treasury.publicKey() })
        : Operation.createClaimableBalance({ ...paid, claimants })
    await party.sendWith(Memo.hash(ref.slice(2)), [operation])
  }

  const payIn: Customers['payIn'] = async ({ customerKey, payer, paysBy }, deposit) =>
    payer.at === 'evm' ? lock(customerKey!, payer.chain, deposit) : payOnStellar(customerKey!, paysBy, deposit)

  return { equip, payIn }
}
