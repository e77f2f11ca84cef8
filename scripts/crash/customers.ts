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
import { evmParty } from '../local/evm-party.ts'
import { stellarParty } from '../local/stellar-party.ts'
import type { World } from '../local/world.ts'
import type { Order } from './orders.ts'
import { stellarKeyOf } from './stellar-key.ts'

export type Customers = {
  /** What a customer has before anybody orders anything for him: dollars to pay with, a line to be paid on. */
  readonly equip: (order: Order) => Promise<void>
  /** He locks what the transfer asks for. */
  readonly payIn: (order: Order, deposit: NonNullable<TransferView['deposit']>) => Promise<void>
}

/** The customers who act on a chain themselves. Each has keys of his own. */
export const openCustomers = (world: Pick<World, 'evm' | 'contracts' | 'stellar'>): Customers => {
  const { evm, contracts, stellar } = world
  const node = createTestClient({ mode: 'hardhat', transport: http(evm.url) })
  // The admin mints, and has one row of nonces.
  let minting: Promise<void> = Promise.resolve()

  const equip: Customers['equip'] = async ({ customerKey, payer, payee, body }) => {
    if (customerKey === undefined) return
    if (payee.at === 'stellar') {
      const party = stellarParty(stellar!, stellarKeyOf(customerKey))
      await party.open()
      await party.trust(payee.asset)
    }
    if (payer.at !== 'evm') return
    const party = evmParty(world, { key: customerKey })
    const { value } = body.amount as { value: string }
    const minted = minting.then(() => party.fund(parseUnits(value, 6)))
    minting = minted.catch(() => {})
    await Promise.all([node.setBalance({ address: party.address, value: parseEther('1') }), minted])
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [contracts.escrow, maxUint256] })
    await party.send({ to: contracts.token, data })
  }

  const payIn: Customers['payIn'] = async ({ customerKey }, { ref, terms }) => {
    const { payer, payee, refundAfter, hardDeadline } = terms
    const locked = {
      ...{ ref: ref as Hex, token: contracts.token, payer: payer as Address, payee: payee as Address },
      ...{ amount: parseUnits(terms.amount.value, 6), refundAfter: BigInt(refundAfter), hardDeadline: BigInt(hardDeadline) },
      onExpiry: terms.onExpiry === 'refund' ? 0 : 1,
    }
    const data = encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [locked] })
    await evmParty(world, { key: customerKey! }).send({ to: contracts.escrow, data })
  }

  return { equip, payIn }
}
