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
  /** What the escrow will ask of the token at the end of this call. */
  readonly payout?: { readonly token: Hex; readonly from: Hex; readonly to: Hex; readonly amountMinor: bigint }
}

/** The contract lets only the payer lock, and only the operator decide about what is locked. */
export const callOf = (
  order: ChainOrder,
  on: { readonly treasury: Hex; readonly operator: Hex; readonly escrow: Hex; readonly token: Hex },
): Call => {
  const { key, action } = order
  const terms = evmTerms(order.terms, on.token)
  const data = encodeFunctionData({ abi: escrowAbi, functionName: action, args: [terms] })
  if (action === 'lock') return { key, action, sender: on.treasury, to: on.escrow, data }
  const to = action === 'release' ? terms.payee : terms.payer
  const payout = { token: on.token, from: on.escrow, to, amountMinor: terms.amount }
  return { key, action, sender: on.operator, to: on.escrow, data, payout }
}
