import { encodeFunctionData, erc20Abi, type Hex } from 'viem'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../../../contracts/abi/settlement-token.ts'
import type { ChainOrder } from '../chain.ts'
import { evmTerms } from './escrow-id.ts'

/** What an order asks of the chain: one call of the escrow contract by one of our keys. */
export type Call = {
  readonly key: string
  readonly action: ChainOrder['action'] | 'recover'
  readonly sender: Hex
  readonly to: Hex
  readonly data: Hex
  /** The call that the escrow makes on the token in turn, if it pays. */
  readonly payout?: { readonly token: Hex; readonly data: Hex }
}

/** Whose keys sign, and the contracts that they speak to. */
export type CallPlace = { readonly treasury: Hex; readonly operator: Hex; readonly escrow: Hex; readonly token: Hex }

/**
 * The contract lets only the payer lock, and only the operator decide about what is locked, whoever has locked it. A token that is itself the
 * payer mints what it locks, at the treasury's word.
 */
export const callOf = (order: ChainOrder, on: CallPlace): Call => {
  const terms = evmTerms(order.terms, on.token)
  if (order.action === 'lock' && terms.payer === terms.token)
    return {
      ...{ key: order.key, action: order.action, sender: on.treasury, to: terms.token },
      data: encodeFunctionData({ abi: settlementTokenAbi, functionName: 'mintAndLock', args: [on.escrow, terms] }),
    }
  const call = {
    key: order.key,
    action: order.action,
    sender: order.action === 'lock' ? on.treasury : on.operator,
    to: on.escrow,
    data: encodeFunctionData({ abi: escrowAbi, functionName: order.action, args: [terms] }),
  }
  // Neither of them pays anybody.
  if (order.action === 'lock' || order.action === 'commit') return call
  const recipient = order.action === 'release' ? terms.payee : terms.payer
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [recipient, terms.amount] })
  return { ...call, payout: { token: terms.token, data } }
}
