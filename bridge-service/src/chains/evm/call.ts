import { encodeFunctionData, type Hex } from 'viem'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import type { ChainOrder } from '../chain.ts'
import { evmTerms } from './escrow-id.ts'

/** What an order asks of the chain: one call of the escrow contract by one of our keys. */
export type Call = {
  readonly key: string
  readonly action: ChainOrder['action']
  readonly sender: Hex
  readonly to: Hex
  readonly data: Hex
}

/** The contract lets only the payer lock, and only the operator decide about what is locked. */
export const callOf = (
  order: ChainOrder,
  on: { readonly treasury: Hex; readonly operator: Hex; readonly escrow: Hex; readonly token: Hex },
): Call => ({
  key: order.key,
  action: order.action,
  sender: order.action === 'lock' ? on.treasury : on.operator,
  to: on.escrow,
  data: encodeFunctionData({ abi: escrowAbi, functionName: order.action, args: [evmTerms(order.terms, on.token)] }),
})
