import type { LowWater } from '../../../bridge-service/src/liquidity/low-water.ts'
import type { Currency } from '../../../bridge-service/src/money/currency.ts'
import { type Money, money, toJson } from '../../../bridge-service/src/money/money.ts'
import type { Action } from '../../../bridge-service/src/operators/action.ts'
import { actorOf, inputOf, rebalanceIdOf } from '../../../bridge-service/src/operators/perform.ts'
import { refillAmount } from '../../../bridge-service/src/operators/refill-amount.ts'
import { priceTermsOf } from '../../../bridge-service/src/policy/price-terms.ts'
import { type HousePools, planRebalance, type RebalancePlan } from '../../../bridge-service/src/policy/rebalance.ts'
import { firstStep, houseTenant } from '../../../bridge-service/src/rebalances/open-rebalance.ts'
import type { TransferId } from '../../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../../bridge-service/src/transfer/state.ts'
import type { Unborn } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Request } from '../clients.ts'
import { commitSteps } from '../memory/commit-steps.ts'
import { keepFact } from '../memory/facts.ts'
import type { MemoryTx } from '../memory/transaction.ts'
import type { MemoryStore } from '../memory-store.ts'
import { common, otherAccount, ownAccount, ownAccounts, payableAs, type Wanted } from '../routes/wanted.ts'
import { unbornOf } from '../routes.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Settings } from '../settings.ts'
import type { Office } from './office.ts'

/** Money of ours that was to go from one account of ours to another. */
export type Rebalance = { readonly id: string; readonly from: string; readonly to: string; readonly minor: string }

type Born = {
  readonly unborn: Unborn
  /** It is committed: from then on it is known. */
  readonly isThere: () => void
}

const lookEveryMs = 60_000
const atMost = 3
const provider = { name: 'Deep Pockets', accountNumber: '9876543210', address: `0x${'d9'.repeat(20)}` }

/**
 * Operators who move the house's money between its pools, and a watchman who refills one when it is low: between two banks by itself, and to and
 * from a chain with a liquidity provider, who is then a customer like any other and brings first.
 */
export const rebalance = (
  { nowMs, at }: Scheduler,
  random: Random,
  settings: Settings,
  store: MemoryStore,
  office: Office,
  otherStartMinor: bigint,
  onProvider: (transfer: string) => void,
) => {
  const { database } = store
  const { liquidity_pools: pools, bank_statement_lines: lines } = database.tables
  const house = houseOf(settings)
  const other = `bank:two:USD`
  const mark: LowWater = {
    alertMinor: otherStartMinor / 2n,
    clearMinor: otherStartMinor,
    refillFrom: 'bank:sim:USD',
    refillTo: otherStartMinor,
  }
  const between: Rebalance[] = []
  const providers: Request[] = []
  let begun = 0
  let isLow = false
  let isAtWork = true
  const inHand = new Set<string>()
  const transferOf = (key: string | null) => database.tables.intents.get(key ?? '')?.transfer_id

  const availableOf = (id: string): Money => {
    const pool = pools.get(id)!
    return money(pool.currency as Currency, pool.total - pool.reserved)
  }

  const ask = async (from: string, to: string, amount: Money): Promise<void> => {
    const reference = `house-${++begun}`
    // Of several tries one is committed, and it is the last one.
    let born: Born | undefined
    const paper = await office.send({
      worth: () => planRebalance({ from, to, amount }, house).worth,
      complete: () => {
        planRebalance({ from, to, amount }, house)
        return {
          type: 'rebalance',
          transferId: null,
          scope: null,
          reason: 'it is needed there',
          payload: { from, to, ...toJson(amount) },
        }
      },
      perform: (action, tx) => {
        born = bear(rebalanceIdOf(action.id), planRebalance({ from, to, amount }, house), from, reference)
        return commitSteps(database, tx, [firstStep(born.unborn, actorOf(action), nowMs())], undefined)
      },
    })
    if (paper?.isDone) born!.isThere()
  }

  /** Its terms are of this moment. */
  const bear = (id: TransferId, { legs, price }: RebalancePlan, from: string, reference: string): Born => {
    const { sourceAmount, destinationAmount, ...terms } = priceTermsOf(price)
    const born = { id, tenant: houseTenant } as const
    const wanted: Wanted = {
      ...{ reference, route: 'onramp', chain: settings.chains[0].id, customer: provider.name },
      ...{ account: provider.accountNumber, address: provider.address },
      ...{ paidMinor: sourceAmount.minor, feeMinor: '0', deliveredMinor: destinationAmount.minor },
    }
    if (legs.route === 'rebalance') {
      const [payoutAccount, arrivalAccount] = [accountOf(legs.source.rail), accountOf(legs.destination.rail)]
      const { reference: _reference, ...fixed } = common({
        wanted,
        chain: settings.chains[0],
        into: settings.chains[0],
        settings,
        random,
        nowMs: nowMs(),
      })
      const unborn: Unborn = {
        ...{ ...born, route: 'rebalance', definition: currentDefinition, state: 'none', version: 0 },
        progress: { attempts: { release: 0, refund: 0 } },
        terms: {
          ...{ ...fixed, ...terms, sourceAmount, destinationAmount, source: legs.source, destination: legs.destination },
          ...{ reference: null, purpose: 'rebalance', pool: from, payoutAccount, arrivalAccount },
        },
      }
      const isThere = () => void between.push({ id, from: payoutAccount, to: arrivalAccount, minor: sourceAmount.minor })
      return { unborn, isThere }
    }
    const chains = [legs.source, legs.destination].flatMap(leg => (leg.kind === 'chain' ? [leg.chain as Wanted['chain']] : []))
    const [chain, into] = chains
    const ordered: Wanted = { ...wanted, route: legs.route, chain: chain!, ...(into === undefined ? {} : { into }) }
    // What is minted empties no pool, and a provider's debits are never advanced.
    const clearingMs = Math.max(settings.returnableMs, settings.clearingMs)
    const ofHouse: Settings = { ...settings, funding: 'liquidity', clearingMs }
    const unborn = unbornOf({ wanted: ordered, settings: ofHouse, random, nowMs: nowMs() })
    const isThere = () => {
      providers.push({
        ...{
          key: reference,
          bodies: [ordered],
          isDenied: false,
          told: new Set([id]),
          conflicts: 0,
          refusals: 0,
          isAnswered: true,
        },
      })
      onProvider(id)
    }
    return { unborn: { ...unborn, ...born, terms: { ...unborn.terms, purpose: 'rebalance' } } as Unborn, isThere }
  }

  /** Once for each time that it is low. */
  const refill = () => {
    const available = availableOf(other)
    if (available.minor >= mark.clearMinor) isLow = false
    if (isLow || available.minor >= mark.alertMinor) return
    const amount = refillAmount({ available: availableOf(mark.refillFrom!), mark: undefined }, { available, mark })
    if (amount.minor <= 0n) return
    isLow = true
    void ask(mark.refillFrom!, other, amount)
  }

  /** What a line of its statement puts in doubt no machine ends: a person takes it, whose it is from then on. */
  const takeInHand = () => {
    for (const { id } of between) {
      const { state, progress } = database.tables.transfers.get(id)!.transfer
      const isDoubted = [...lines.values()].some(line => line.verdict === 'mismatched' && transferOf(line.intent_key) === id)
      if (state !== 'inTransit' || progress.attention === undefined || !isDoubted || inHand.has(id)) continue
      inHand.add(id)
      const asked = {
        type: 'forceCompensation',
        transferId: id as TransferId,
        scope: null,
        reason: 'both banks were asked',
        payload: {},
      } as const
      const perform = (action: Action, tx: MemoryTx) =>
        keepFact(tx, database.tables, {
          ...{ source: 'command', fact: `action:${action.id}`, subject: id, kind: 'operator' },
          payload: { input: inputOf(action), actor: actorOf(action) },
        })
      void office.send({ complete: () => asked, perform }).finally(() => inHand.delete(id))
    }
  }

  const look = () => {
    at(nowMs() + lookEveryMs, look)
    takeInHand()
    if (!isAtWork) return
    refill()
    if (begun >= atMost || random.chance(0.7)) return
    const places = ['bank:sim:USD', other, 'bank:sim:USD', other, ...settings.chains.map(({ id }) => `${id}:USDC`)]
    const from = random.pick(places)
    const to = random.pick(places.filter(place => place !== from))
    // Of the second bank no provider has an account.
    if ([from, to].includes(other) && [from, to].some(place => place.endsWith('USDC'))) return
    void ask(from, to, money('USD', BigInt(random.between(100, 9_000)) * 10n))
  }

  return {
    between,
    providers,
    start: () => void at(nowMs() + random.between(1, 60) * 1_000, look),
    goHome: () => {
      isAtWork = false
    },
  }
}

const accountOf = (rail: string): string => (rail === 'bank:two' ? otherAccount : ownAccount)

const houseOf = ({ chains }: Settings): HousePools => ({
  config: {
    banks: [...ownAccounts].map(([account, id]) => ({
      ...{ id, accounts: { USD: account }, schemes: ['wire' as const] },
      payableAs: { USD: { scheme: 'wire' as const, name: 'Causeway', accountNumber: payableAs.get(account)! } },
    })),
    chains: chains.map(({ id }) => ({ id, tokens: { USDC: 'USDC' } })),
    policy: {
      liquidityProviders: [
        {
          currency: 'USD',
          account: { scheme: 'wire', name: provider.name, accountNumber: provider.accountNumber },
          addresses: Object.fromEntries(chains.map(({ id }) => [id, provider.address])),
        },
      ],
    },
  },
})
