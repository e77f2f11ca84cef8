import { type Hex, numberToHex, TimeoutError } from 'viem'
import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import { addressOf, lyingAt, wouldMove } from '../../chain/at-address.ts'
import type { MinedTx, SimChain } from '../../chain/chain.ts'
import { isOpen } from '../../chain/escrow.ts'
import { planOfContract } from '../../chain/request.ts'
import type { Faults } from '../../faults.ts'
import { holdingsData, readCall, revertData } from './contract.ts'
import { type FeeMarket, tipWei } from './fee-market.ts'
import { operator } from './keys.ts'
import type { Mempool } from './mempool.ts'
import { rpcError } from './rpc-error.ts'

/** A call of JSON-RPC, as EIP-1193 has it. */
export type RpcRequest = { readonly method: string; readonly params?: unknown }

export type EvmNode = (request: RpcRequest) => unknown

/** As the contract numbers them; and what a token answers that has paid. */
const statuses = ['none', 'locked', 'released', 'refunded', 'committed']
const done = numberToHex(1, { size: 32 })

type Call = { readonly from: string; readonly to: string; readonly data: Hex }

/**
 * All nodes behind one address: what each knows is as old as it likes, and what it says is not always so. A node that says nothing of what has
 * happened, for long enough, is found out; one that has made up a transaction is what quorums are for, and none of these does.
 */
export const evmNode = (
  chainId: number,
  nowMs: () => number,
  random: Random,
  faults: Faults,
  chain: SimChain,
  market: FeeMarket,
  mempool: Mempool,
): EvmNode => {
  /** Receipts that were shown once: some node may still believe in the branch that they were of. */
  const shown = new Map<string, object>()

  const block = (height: number) => ({
    number: numberToHex(height),
    hash: chain.blocks[height - 1]?.hash ?? '0xgenesis',
    baseFeePerGas: numberToHex(market.baseFeeWei()),
    timestamp: numberToHex(Math.floor(nowMs() / 1_000)),
    transactions: [],
  })
  const receipt = ({ tx, height, refusal }: MinedTx) => ({
    transactionHash: tx.hash,
    blockNumber: numberToHex(height),
    blockHash: chain.blocks[height - 1]!.hash,
    status: refusal === undefined ? '0x1' : '0x0',
    logs: [],
  })

  const receiptOf = (hash: string, head: number) => {
    const mined = chain.minedAs(hash)
    if (mined !== undefined && mined.height <= head) {
      const made = receipt(mined)
      shown.set(hash, made)
      return made
    }
    const before = shown.get(hash)
    return before !== undefined && faults.strikes('evm: a node shows a receipt of a block that is no more') ? before : null
  }

  const run = ({ from, to, data }: Call, lag: number): Hex => {
    const state = lag === 0 ? chain.state() : chain.stateBefore(lag)
    const call = readCall(to, data)
    if (call.kind === 'transfer') {
      // The escrow's call of the token, for one that is open and would pay this payee.
      const denied = [...state.escrows.values()].some(
        escrow =>
          isOpen(escrow) &&
          [escrow.terms.payee, escrow.terms.payer].includes(call.payee) &&
          escrow.terms.amountMinor === call.amountMinor &&
          nowMs() < (chain.circumstances.deniedUntilMs.get(escrow.escrowId) ?? 0),
      )
      if (denied) throw rpcError(3, 'execution reverted', '0x')
      return done
    }
    if (call.kind === 'statusOf')
      return numberToHex(statuses.indexOf(state.escrows.get(call.escrowId)?.status ?? 'none'), { size: 32 })
    if (call.kind === 'look')
      return holdingsData(
        call.deposits.map(terms => {
          const account = addressOf(terms)
          const escrow = state.escrows.get(state.addresses.get(account)?.escrowId ?? '')
          const units = call.tokens.map(token => lyingAt(state, account, token))
          return { account, status: statuses.indexOf(escrow?.status ?? 'none'), units }
        }),
      )
    if (call.kind === 'atAddress') {
      const sender = from.toLowerCase() === operator ? 'bridge' : 'stranger'
      const moved = wouldMove(state, { ...call, sender }, nowMs(), { ...chain.circumstances, nowMs: nowMs() })
      if (typeof moved === 'string') throw rpcError(3, 'execution reverted', revertData(moved))
      return done
    }
    const { action, terms } = call
    if (action !== 'lock' && from.toLowerCase() !== operator) throw rpcError(3, 'execution reverted', '0x')
    const plan = planOfContract({ action, terms }, state, chain, nowMs(), 'evm')
    if (typeof plan === 'string' && plan !== 'payout_refused') throw rpcError(3, 'execution reverted', revertData(plan))
    return done
  }

  return ({ method, params }) => {
    const args = params as readonly unknown[]
    if (faults.strikes('evm: a node does not answer')) throw new TimeoutError({ body: { method }, url: '' })
    const lag = faults.strikes('evm: a node lags behind') ? random.between(1, 4) : 0
    const head = Math.max(0, chain.height() - lag)
    switch (method) {
      case 'eth_chainId':
        return numberToHex(faults.strikes('evm: a node serves another chain') ? chainId + 4 : chainId)
      case 'eth_getBlockByNumber': {
        const height = args[0] === 'latest' ? head : Number(args[0])
        return height > head ? null : block(height)
      }
      case 'eth_maxPriorityFeePerGas':
        return numberToHex(tipWei)
      case 'eth_getTransactionCount':
        return numberToHex(chain.countOf((args[0] as string).toLowerCase(), head))
      case 'eth_getTransactionReceipt':
        return receiptOf(args[0] as string, head)
      case 'eth_getBalance':
        return numberToHex(10n ** 20n)
      case 'eth_estimateGas':
        run(args[0] as Call, lag)
        return numberToHex(100_000)
      case 'eth_call':
        return run(args[0] as Call, lag)
      case 'eth_sendRawTransaction':
        return mempool.take(args[0] as Hex)
      default:
        throw rpcError(-32601, `the method ${method} does not exist`)
    }
  }
}
