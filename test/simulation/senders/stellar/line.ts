import type { Chain, ChainOrder } from '../../../../bridge-service/src/chains/chain.ts'
import type { StrayMoney } from '../../../../bridge-service/src/chains/deposits.ts'
import { type StellarPorts, stellarSender } from '../../../../bridge-service/src/chains/stellar/sender.ts'
import { BridgeError } from '../../../../bridge-service/src/errors.ts'
import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import type { SimChain } from '../../chain/chain.ts'
import { mintPayer, treasury } from '../../chain/escrow.ts'
import { escrowIdOf, paymentIdOf } from '../../chain/ids.ts'
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
import { hot, issuer, namedAccounts, passphrase } from './accounts.ts'
import { ledgerBooks } from './books.ts'
import { bidCapStroops, type LedgerMarket } from './fee-market.ts'
import { simulatedHorizon } from './horizon.ts'
import { openMeans } from './means.ts'
import { type AroundStellar, memoryChannels } from './memory-channels.ts'
import { memoryTxStore } from './memory-tx-store.ts'
import { moneyOnLedger, termsOnLedger } from './names.ts'
import { horizonOf } from './reach.ts'
import { callOf } from './store-calls.ts'
import { openSubmissions } from './submission.ts'
import { emptyStellarTables, openOn, type StellarTables } from './tables.ts'
import { letUsurpersIn } from './usurpers.ts'

/** Gets between a sender and what it stands on, once for each process. */
export type PlantStellar = (ports: StellarPorts, about: { readonly tables: StellarTables }) => StellarPorts

const submissionSec = 60
const deliverySec = 30 * 86_400
const bumpAfterLedgers = 3

/** The network behind the real sender: what it keeps is the database's, and its Horizons are those of this world. */
export const stellarLine = (
  time: Scheduler,
  random: Random,
  faults: Faults,
  chain: SimChain,
  market: LedgerMarket,
  { id }: ChainSettings,
  { note, leaseMs, transferOf, transferOfKey, plantStellar = ports => ports }: House,
): ChainLine => {
  const { nowMs } = time
  const tables = emptyStellarTables()
  const accounts = namedAccounts(random.between(1, 4))
  const { ask, onFirstAsked } = firstAsked()
  const conflicts: string[] = []
  const means = openMeans()
  const books = ledgerBooks(
    chain,
    hash => [...tables.txs.values()].find(({ attempts }) => attempts.some(each => each.hash === hash))?.deposit,
  )
  const submissions = openSubmissions(time, random, faults, chain, market, books, means, transferOf)
  const horizon = simulatedHorizon(nowMs(), random, faults, chain, market, books, means, submissions, nowMs)
  letUsurpersIn(nowMs, random, faults, chain, accounts.channels, channel => openOn(tables, channel) !== undefined)

  const transfersOf = (keys: readonly string[]) => [...new Set(keys.flatMap(key => transferOfKey(key) ?? []))]

  const senderFor = (process: Process, around: Around, owner: string): Chain => {
    const aroundStellar: AroundStellar = (call, keys, effect) =>
      around({ name: callOf[call], transfers: transfersOf(keys) }, effect)
    const keeping = { tables, nowMs, around: aroundStellar }
    const ports: StellarPorts = {
      store: memoryTxStore(keeping),
      channels: memoryChannels(keeping, owner, accounts.channels),
      horizon: horizonOf(process, horizon, () =>
        faults.strikes('stellar: horizon takes longer to answer than a lease lasts') ? 2 * leaseMs : 0,
      ),
      accounts,
    }
    return stellarSender(
      {
        ...{ id, passphrase, submissionSec, deliverySec, bumpAfterLedgers, leaseMs },
        assets: { USDC: { code: 'USDC', issuer } },
        fees: { bidCap: bidCapStroops },
        notify: notice => note(`${owner} ${notice.type}`),
      },
      plantStellar(ports, { tables }),
    )
  }

  const open = () => [...tables.txs.values()].filter(({ status }) => status === 'open' || status === 'waiting')
  const isIn = (hash: string) => submissions.known(hash).some(({ tx }) => chain.minedAs(tx.hash) !== undefined)

  const aboutMoney = ({ fact }: StrayMoney) => {
    const ref = chain.state().brought.get(fact)?.terms.ref
    return (ref && transferOf(ref)) ?? fact
  }
  const loseLine = (name: string) => means.loseLine(name, nowMs() + random.between(10, 1_200) * 1_000)

  return {
    get sent() {
      return submissions.sent()
    },
    onFirstAsked,
    conflicts,
    get unasked() {
      return [...submissions.unasked]
    },
    lockMayCome: ref =>
      open().some(
        ({ task, attempts }) => task.action === 'lock' && task.terms.ref === ref && !attempts.some(({ hash }) => isIn(hash)),
      ),
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
        'stellar: a worker submits an order again long after',
      )
      const submit = async (order: ChainOrder) => {
        const { action, terms, deposit } = order
        const about = transferOf(terms.ref) ?? terms.ref
        ask(order)
        books.learn(terms)
        if (action === 'release' && faults.strikes('stellar: the payee has no trustline', about)) loseLine(terms.payee)
        if (deposit && action === 'refund' && faults.strikes('stellar: a customer cannot be paid back for a while', about))
          loseLine(terms.payer)
        if (action === 'lock' && faults.strikes('stellar: the sponsor runs out of lumens', about))
          means.loseLumens(nowMs() + random.between(10, 300) * 1_000)
        return submitOrder({ ...order, terms: termsOnLedger(terms) }, about)
      }
      const { giveBack, wayBack } = sender.deposits!
      return {
        ...sender,
        // These worlds number escrows, and name accounts and tokens, in a way of their own.
        ...{ treasury, escrow: treasury, escrowId: escrowIdOf, parseAddress: text => text, tokenAddress: tokenOf },
        ...{ mintPayer: () => mintPayer, unitsPerMinor: () => 1n, submit },
        balanceOf: currency => sender.balanceOf(currency, hot),
        deposits: {
          ids: terms => [escrowIdOf(terms), paymentIdOf(terms)],
          prepare: () => Promise.reject(new BridgeError('internal', { reason: 'customers know what to do' })),
          wayBack: money => wayBack(moneyOnLedger(money, books)),
          giveBack: (key, money) => {
            const { terms } = chain.state().brought.get(money.fact) ?? {}
            if (terms && faults.strikes('stellar: a customer cannot be paid back for a while', aboutMoney(money)))
              loseLine(terms.payer)
            return giveBack!(key, moneyOnLedger(money, books))
          },
        },
      }
    },
  }
}
