import { custom } from 'viem'
import type { Chain, ChainId, ChainOrder, HoldTerms } from '../../../../bridge-service/src/chains/chain.ts'
import type { ChainDeposits, StrayMoney } from '../../../../bridge-service/src/chains/deposits.ts'
import { evmRpc } from '../../../../bridge-service/src/chains/evm/rpc.ts'
import { type EvmPorts, evmSender } from '../../../../bridge-service/src/chains/evm/sender.ts'
import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import { denyOwner } from '../../chain/address-port.ts'
import { addressOf, nativeCoin } from '../../chain/at-address.ts'
import { ownToken } from '../../chain/brought.ts'
import type { SimChain } from '../../chain/chain.ts'
import { mintPayer, treasury } from '../../chain/escrow.ts'
import { escrowIdOf } from '../../chain/ids.ts'
import type { ChainLine } from '../../chain/line.ts'
import type { Faults } from '../../faults.ts'
import { firstAsked } from '../../first-asked.ts'
import { tokenOf } from '../../indexer/indexer.ts'
import type { Around } from '../../memory/connection.ts'
import type { Process } from '../../process.ts'
import type { Scheduler } from '../../scheduler.ts'
import type { ChainSettings } from '../../settings.ts'
import type { House } from '../house.ts'
import { submitting } from '../submitting.ts'
import { addressesAddress, escrowAddress, readCall, tokenAddress } from './contract.ts'
import { type FeeMarket, feeCapWei } from './fee-market.ts'
import { namedKeys } from './keys.ts'
import { memoryLanes } from './memory-lanes.ts'
import { memoryTxStore } from './memory-tx-store.ts'
import { openMempool } from './mempool.ts'
import { evmNode, type RpcRequest } from './node.ts'
import { type EvmTables, emptyEvmTables } from './tables.ts'

/** Gets between a sender and what it stands on, once for each process. */
export type PlantEvm = (ports: EvmPorts, about: { readonly id: ChainId; readonly tables: EvmTables }) => EvmPorts

const stuckAfterMs = 60_000
/** Deposit addresses as these worlds name them, and their tokens. */
const namedAddresses = (deposits: ChainDeposits, onGiveBack: (terms: HoldTerms) => void): Partial<ChainDeposits> => {
  const { addresses, giveBack } = deposits
  if (addresses === undefined || giveBack === undefined) return {}
  const contractOf = (money: StrayMoney) =>
    money.address === null ? money : { ...money, token: money.token === nativeCoin ? nativeCoin : tokenAddress }
  const nameOf = (token: string) => (token === nativeCoin ? nativeCoin : tokenOf(ownToken))
  return {
    addresses: {
      ...addresses,
      addressOf,
      look: async terms =>
        (await addresses.look(terms)).map(({ escrow, balances }) => ({
          ...{ escrow, balances: balances.map(({ token, units }) => ({ token: nameOf(token), units })) },
        })),
    },
    wayBack: money => deposits.wayBack(contractOf(money)),
    giveBack: (key, money) => {
      if (money.address !== null) onGiveBack(money.address)
      return giveBack(key, contractOf(money))
    },
  }
}

const ownPayers: readonly string[] = [treasury, mintPayer]

/** The chain behind the real sender: what it keeps is the database's, and its nodes are those of this world. */
export const evmLine = (
  { nowMs }: Scheduler,
  random: Random,
  faults: Faults,
  chain: SimChain,
  market: FeeMarket,
  { id, finalDepth, hasAddresses }: ChainSettings,
  { note, leaseMs, transferOf, transferOfKey, plantEvm = ports => ports }: House,
): ChainLine => {
  const tables = emptyEvmTables()
  const chainId = Number(id.slice('evm:'.length))
  const { ask, onFirstAsked } = firstAsked()
  const conflicts: string[] = []
  const mempool = openMempool(nowMs, faults, chain, transferOf)
  const node = evmNode(chainId, nowMs, random, faults, chain, market, mempool)

  const transfersOf = (keys: readonly string[]) => [...new Set(keys.flatMap(key => transferOfKey(key) ?? []))]

  const senderFor = (process: Process, around: Around, owner: string): Chain => {
    const keeping = { tables, chain: id, nowMs, around, transfersOf }
    const request = (asked: RpcRequest): Promise<unknown> =>
      process.call(
        asked.method === 'eth_sendRawTransaction' ? 'node.send' : 'node.ask',
        undefined,
        async () => node(asked),
        faults.strikes('evm: a node takes longer to answer than a lease lasts') ? 2 * leaseMs : 0,
      )
    const ports: EvmPorts = {
      store: memoryTxStore(keeping),
      lanes: memoryLanes(keeping, owner),
      rpc: evmRpc(custom({ request }, { retryCount: 0 })),
      keys: namedKeys,
    }
    return evmSender(
      {
        id,
        escrow: escrowAddress,
        ...(hasAddresses ? { depositAddresses: addressesAddress } : {}),
        tokens: { USDC: { address: tokenAddress } },
        fees: { maxFeePerGasCap: feeCapWei },
        stuckAfterMs,
        finalityDepth: finalDepth,
        leaseMs,
        timing: process.timing,
        notify: notice => {
          if (notice.type !== 'gasBalance') note(`${owner} ${notice.type}`)
        },
      },
      plantEvm(ports, { id, tables }),
    )
  }

  const open = () => [...tables.evm_txs.values()].map(({ tx }) => tx).filter(tx => !tx.final)
  const isMined = (versions: readonly { readonly hash: string }[]) =>
    versions.some(({ hash }) => chain.minedAs(hash) !== undefined)

  return {
    sent: mempool.sent,
    onFirstAsked,
    conflicts,
    unasked: [],
    lockMayCome: ref =>
      open().some(({ action, to, data, versions }) => {
        if (action !== 'lock' || isMined(versions)) return false
        const call = readCall(to, data)
        return call.kind === 'order' && call.terms.ref === ref && ownPayers.includes(call.terms.payer)
      }),
    tendFromMs: () => (open().length > 0 ? nowMs() : Number.POSITIVE_INFINITY),
    isAtRest: () => open().length === 0,
    chainFor: (process, around) => {
      const sender = senderFor(process, around, process.name)
      const twinOf = () => senderFor(process, around, `${process.name} twin`)
      const submitOrder = submitting(
        sender,
        twinOf,
        process,
        random,
        faults,
        conflicts,
        'evm: a worker submits an order again long after',
      )
      const submit = async (order: ChainOrder) => {
        const about = transferOf(order.terms.ref) ?? order.terms.ref
        ask(order)
        if (order.action === 'release' && faults.strikes('chain: refuses to pay the payee for a while', about))
          chain.circumstances.deniedUntilMs.set(escrowIdOf(order.terms), nowMs() + random.between(30, 3_000) * 1_000)
        return submitOrder(order, about)
      }
      // The contract of these worlds numbers escrows, and names tokens, in a way of its own.
      const names = { escrowId: escrowIdOf, tokenAddress: tokenOf, mintPayer: () => mintPayer }
      const deposits = { ...sender.deposits!, ids: (terms: HoldTerms) => [escrowIdOf(terms)] }
      const whenDenied = (about: HoldTerms) =>
        denyOwner(faults, random, chain, about, nowMs(), transferOf(about.ref) ?? about.ref)
      return { ...sender, ...names, submit, deposits: { ...deposits, ...namedAddresses(deposits, whenDenied) } }
    },
  }
}
