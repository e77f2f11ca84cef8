import {
  type Address,
  createTestClient,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  http,
  parseEther,
  parseUnits,
  publicActions,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import type { TransferView } from '../local/api-client.ts'
import { stellarParty } from '../local/stellar-party.ts'
import type { World } from '../local/world.ts'
import type { Order } from './orders.ts'
import { stellarKeyOf } from './stellar-key.ts'

export type Customers = {
  /** What a customer has before anybody orders anything for him: dollars to pay with, or a line to be paid on. */
  readonly equip: (order: Order) => Promise<void>
  /** He locks what the transfer asks for. */
  readonly payIn: (order: Order, deposit: NonNullable<TransferView['deposit']>) => Promise<void>
}

/** The customers who act on a chain themselves. Each has keys of his own. */
export const openCustomers = ({ evm, contracts, stellar }: Pick<World, 'evm' | 'contracts' | 'stellar'>): Customers => {
  const node = createTestClient({ mode: 'hardhat', transport: http(evm.url), pollingInterval: 50 }).extend(publicActions)

  const send = async (key: Hex, nonce: number, to: Address, data: Hex) =>
    node.sendRawTransaction({
      serializedTransaction: await privateKeyToAccount(key).signTransaction({
        ...{ type: 'eip1559', chainId: contracts.chainId, nonce, to, data, gas: 500_000n },
        ...{ maxFeePerGas: 40_000_000_000n, maxPriorityFeePerGas: 10_000_000_000n },
      }),
    })
  const included = async (hash: Hex, what: string) => {
    const { status } = await node.waitForTransactionReceipt({ hash, timeout: 60_000 })
    if (status !== 'success') throw new Error(`${what} reverted in ${hash}`)
  }

  // The admin has one row of nonces: one mint after the other.
  let minted: Promise<unknown> = Promise.resolve()
  const mint = (to: Address, amount: bigint): Promise<Hex> => {
    const { key, address } = contracts.admin
    const sent = minted.then(async () => {
      const nonce = await node.getTransactionCount({ address, blockTag: 'pending' })
      const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'mint', args: [to, amount] })
      return send(key, nonce, contracts.token, data)
    })
    minted = sent.catch(() => {})
    return sent
  }

  const equip: Customers['equip'] = async ({ customerKey, payer, payee, body }) => {
    if (customerKey === undefined) return
    if (payee.at === 'stellar') {
      const party = stellarParty(stellar!, stellarKeyOf(customerKey))
      await party.open()
      await party.trust(payee.asset)
    }
    if (payer.at !== 'evm') return
    await node.setBalance({ address: payer.address, value: parseEther('1') })
    await included(await mint(payer.address, parseUnits((body.amount as { value: string }).value, 6)), 'a mint')
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [contracts.escrow, 2n ** 256n - 1n] })
    await included(await send(customerKey, 0, contracts.token, data), 'an approval')
  }

  const payIn: Customers['payIn'] = async ({ customerKey }, { ref, terms }) => {
    const { payer, payee, refundAfter, hardDeadline } = terms
    const locked = {
      ...{ ref: ref as Hex, token: contracts.token, payer: payer as Address, payee: payee as Address },
      ...{ amount: parseUnits(terms.amount.value, 6), refundAfter: BigInt(refundAfter), hardDeadline: BigInt(hardDeadline) },
      onExpiry: terms.onExpiry === 'refund' ? 0 : 1,
    }
    const data = encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [locked] })
    await included(await send(customerKey!, 1, contracts.escrow, data), 'a lock')
  }

  return { equip, payIn }
}
