import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { Counter, Registry } from '@prometheus-io/client'
import pg from 'pg'
import { finalFacts, heads } from '../../indexer/src/queries.ts'
import { type EvmChainConfig, isStellarChain, type StellarChainConfig } from './chain-config.ts'
import type { Chain } from './chains/chain.ts'
import { evmChain } from './chains/evm/adapter.ts'
import { type StellarChain, stellarChain } from './chains/stellar/adapter.ts'
import type { Config, Policy } from './config.ts'
import { postgresAddressStore } from './deposits/address-store.ts'
import { depositDesk } from './deposits/desk.ts'
import { postgresDepositStore } from './deposits/postgres-store.ts'
import { BridgeError } from './errors.ts'
import { hashOf } from './http/operator-request.ts'
import { clientDomainKeys } from './http/sep/client-domain.ts'
import { horizonSigners } from './http/sep/horizon-signers.ts'
import { buildServer } from './http/server.ts'
import type { ReadinessCheck } from './http/server-deps.ts'
import { transferTail } from './http/tail.ts'
import { type AccountDefinition, chartFor } from './ledger/chart.ts'
import { openAccounts } from './ledger/open-accounts.ts'
import { checkFunding } from './liquidity/check-funding.ts'
import { watchLowWater } from './liquidity/low-water.ts'
import type { Log } from './log.ts'
import type { Currency } from './money/currency.ts'
import { type HandTools, obeyActions } from './operators/obey.ts'
import { type Pauses, pausesOf } from './operators/pauses.ts'
import { refillPools } from './operators/refill.ts'
import { checkPartners } from './policy/payout-partner.ts'
import { publishFinality } from './policy/publish-finality.ts'
import { houseRates } from './policy/rates/house-rates.ts'
import { httpRates } from './policy/rates/http-rates.ts'
import type { RateSource } from './policy/rates/rate-source.ts'
import { checkProviders } from './policy/rebalance.ts'
import { denyListScreening } from './policy/screening.ts'
import { bankApi } from './rails/bank-api/bank-api.ts'
import type { Rail } from './rails/rail.ts'
import { payRefunds } from './refunds/pay-refunds.ts'
import { postgresRefundStore } from './refunds/postgres-store.ts'
import { repeat } from './repeat.ts'
import { readStatement } from './saga/bank-statement.ts'
import { databaseClock } from './saga/database-clock.ts'
import { startEngine } from './saga/engine.ts'
import { listen } from './saga/listen.ts'
import { transferOpener } from './saga/open.ts'
import { postgresStatementStore } from './saga/postgres-statements.ts'
import { postgresStore } from './saga/postgres-store.ts'
import { type TransferId, typeId } from './transfer/id.ts'
import type { WaitKind } from './transfer/wait.ts'

export type App = {
  /** Where the API listens, when this process has the role. */
  readonly url: string | undefined
  /** Finishes what is under way, takes nothing new. */
  readonly stop: () => Promise<void>
}

/** The adapters that the configuration names. */
export const adapters = (config: Config, pool: pg.Pool, log: Log) => {
  const rails = new Map<string, Rail>(
    config.banks.map(bank => [
      bank.id,
      bankApi({
        id: bank.id,
        baseUrl: bank.url,
        apiKey: bank.apiKey,
        webhookSecrets: bank.webhookSecrets,
        timeoutMs: bank.timeoutMs,
        capabilities: { schemes: bank.schemes, currencies: Object.keys(bank.accounts) as Currency[] },
      }),
    ]),
  )
  const chains = new Map<string, Chain>(
    config.chains.map(chain => [
      chain.id,
      isStellarChain(chain) ? stellarAdapter(chain, config, pool, log) : evmAdapter(chain, config, pool, log),
    ]),
  )
  return { rails, chains }
}

const evmAdapter = (chain: EvmChainConfig, { treasuryKey, operatorKey }: Config, pool: pg.Pool, log: Log): Chain => {
  if (treasuryKey === undefined || operatorKey === undefined)
    throw new BridgeError('config_invalid', {
      problems: ['CAUSEWAY_TREASURY_KEY and CAUSEWAY_OPERATOR_KEY are needed for a chain'],
    })
  const tokens = Object.fromEntries(Object.entries(chain.tokens).map(([currency, address]) => [currency, { address }]))
  return evmChain(
    {
      id: chain.id,
      rpcUrl: chain.rpcUrls[0]!,
      escrow: chain.escrow,
      ...(chain.depositAddresses ? { depositAddresses: chain.depositAddresses } : {}),
      tokens,
      treasuryKey,
      operatorKey,
      fees: { maxFeePerGasCap: chain.maxFeePerGasCap },
      stuckAfterMs: chain.stuckAfterMs,
      finalityDepth: chain.finalityDepth,
      leaseMs: chain.laneLeaseMs,
      notify: notice =>
        log(notice.type === 'gasBalance' ? 'debug' : 'warn', `sender: ${notice.type}`, { ...notice, chain: chain.id }),
    },
    pool,
  )
}

const stellarAdapter = (chain: StellarChainConfig, { stellarKeys }: Config, pool: pg.Pool, log: Log): Chain => {
  const { treasury } = stellarKeys
  if (treasury === undefined || stellarKeys.channels.length === 0)
    throw new BridgeError('config_invalid', {
      problems: ['CAUSEWAY_STELLAR_TREASURY_KEY and CAUSEWAY_STELLAR_CHANNEL_KEYS are needed for a Stellar network'],
    })
  const { bidCap, minBid, channelLeaseMs, ...entry } = chain
  return stellarChain(
    {
      ...entry,
      keys: { ...stellarKeys, treasury },
      fees: { bidCap, minBid },
      leaseMs: channelLeaseMs,
      notify: notice => log('warn', `sender: ${notice.type}`, { ...notice, chain: chain.id }),
    },
    pool,
  )
}

/** What a person can have done by hand, where a chain has such a thing. */
const handTools = (chains: ReadonlyMap<string, Chain>): Map<string, HandTools> =>
  new Map(
    [...chains].flatMap(([id, chain]) =>
      isStellar(chain)
        ? [
            [
              id,
              {
                settle: chain.settleByHand,
                reclaim: (key, ref, balanceId) => chain.order({ key, task: { action: 'reclaimDelivery', ref, balanceId } }),
              },
            ] as const,
          ]
        : [],
    ),
  )

const isStellar = (chain: Chain): chain is StellarChain => 'settleByHand' in chain

/** The rates of the policy, from its table and from its feed. `nowMs` is database time. */
const ratesOf = ({ rates, rateFeed, rateGuard }: Policy, nowMs: () => number, log: Log): RateSource => {
  const onFailure = (detail: string) => log('warn', 'the rate feed gave no rates', { detail })
  return houseRates(rates, rateGuard, rateFeed && httpRates(rateFeed, { nowMs, onFailure }), nowMs)
}

/** The accounts of all that the configuration moves, also of what it moves since the books were opened. */
const configuredChart = ({ banks, chains, policy }: Config): AccountDefinition[] =>
  chartFor({
    banks: banks.flatMap(({ id, accounts }) => (Object.keys(accounts) as Currency[]).map(currency => ({ rail: id, currency }))),
    partners: policy.payoutPartners.map(each => each.currency),
    tokens: chains.flatMap(({ id, tokens }) => (Object.keys(tokens) as Currency[]).map(currency => ({ chain: id, currency }))),
  })

/** A pool under the application's role, which has no right to rewrite history. */
export const applicationPool = (databaseUrl: string, max: number, log: Log): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    // A worker that froze in a transaction loses its locks, and its right to commit, after ten seconds. And statements that were planned
    // on a young, small table would go on scanning it while it grows, until the first analyze: measured, twice the database's CPU per saga.
    options: '-c role=causeway_app -c idle_in_transaction_session_timeout=10000 -c enable_seqscan=off',
    application_name: 'causeway',
  })
  pool.on('error', error => log('warn', 'an idle database connection was lost', { error: String(error) }))
  return pool
}

/** The service in the roles that the configuration names. */
export const startApp = async (config: Config, log: Log): Promise<App> => {
  const pool = applicationPool(config.databaseUrl, 16, log)
  const store = postgresStore(pool)
  const { rails, chains } = adapters(config, pool, log)
  const tail = transferTail({ pool, onError: error => log('warn', 'the streams could not be fed', { error: String(error) }) })
  const registry = new Registry()
  const stops: (() => Promise<unknown>)[] = []
  const pauses = pausesOf(pool)
  await pauses.refresh()
  const warn = (what: string) => (error: unknown) => log('warn', what, { error: String(error) })

  const minted = config.chains.flatMap(({ id, funding }) =>
    (Object.keys(funding) as Currency[])
      .filter(currency => funding[currency] === 'mint')
      .map(currency => ({ chain: chains.get(id)!, currency })),
  )
  checkPartners(config.policy.payoutPartners, chains)
  checkProviders(config.policy.liquidityProviders, chains)
  if (config.roles.includes('saga')) {
    await openAccounts(pool, configuredChart(config))
    await checkFunding(pool, minted, log)
  }

  const races = new Counter({
    name: 'causeway_liquidity_races_total',
    help: 'Reservations by what became of them: lost to another process, won, or queued because of many lost ones.',
    labelNames: ['pool', 'outcome'],
    registers: [registry],
  })
  const screening = denyListScreening(config.policy.denyList)
  const engine = config.roles.includes('saga')
    ? await startEngine({
        store,
        owner: `${process.pid}-${randomUUID()}`,
        rails,
        chains,
        screening,
        finalFacts: async limit =>
          (await finalFacts(pool, limit)).map(({ transferId, kind, fact, escrowId }) => ({
            transferId: transferId as TransferId,
            kind: kind as WaitKind,
            fact,
            escrowId,
          })),
        intentLeaseMs: config.intentLeaseMs,
        isHeld: pauses.holds,
        onMoved: tail.wake,
        onRace: (pool, outcome) => races.inc({ pool, outcome }),
        log,
      })
    : undefined
  // One clock for a process: a transfer must not be born at a time by which its engine does not decide.
  const clock = engine?.clock ?? databaseClock(store)
  if (engine === undefined) {
    await clock.synchronise()
    stops.push(repeat(10_000, clock.synchronise, warn('the database clock could not be read')).stop)
  }
  if (engine) {
    const inbox = listen(config.databaseUrl, 'causeway_inbox', engine.wake)
    const tending = [...chains.values()].map(chain => repeat(500, chain.tend, warn(`${chain.id} could not be tended`)))
    const statementStore = postgresStatementStore(pool)
    const statements = config.banks.map(({ id, accounts, statementPollMs }) =>
      repeat(
        statementPollMs,
        async () => {
          for (const account of Object.values(accounts)) await readStatement(statementStore, rails.get(id)!, account, log)
        },
        warn(`the statement of ${id} could not be read`),
      ),
    )
    const desk = depositDesk({
      ...{ store: postgresDepositStore(pool), addresses: postgresAddressStore(pool) },
      ...{ chains, screening, newUuid: randomUUIDv7, isHeld: pauses.holds, log },
    })
    const { lowWater: marks } = config.policy
    const house = { config, chains, nowMs: clock.nowMs }
    const newActionId = () => typeId<string>('oa', randomUUIDv7())
    const lowWater = repeat(
      5_000,
      async () => {
        await watchLowWater(pool, marks, log)
        await refillPools({ pool, marks, house, newActionId, hashOf, log })
      },
      warn('the low-water marks could not be read'),
    )
    const snapshots = repeat(60_000, () => pool.query('select ledger_take_snapshot()'), warn('no ledger snapshot was taken'))
    const obeying = repeat(1_000, () => obeyActions(pool, handTools(chains)), warn('operators could not be obeyed'))
    const refundStore = postgresRefundStore(pool)
    const refunding = repeat(
      1_000,
      () => payRefunds({ store: refundStore, rails, isHeld: pauses.holds, log }),
      warn('refunds could not be paid'),
    )
    stops.push(
      refunding.stop,
      obeying.stop,
      inbox.stop,
      desk.stop,
      ...tending.map(({ stop }) => stop),
      ...statements.map(({ stop }) => stop),
      lowWater.stop,
      snapshots.stop,
      engine.stop,
    )
  }

  const reading = repeat(500, pauses.refresh, warn('the pauses could not be read'))
  stops.push(reading.stop)

  let url: string | undefined
  if (config.roles.includes('api')) {
    await publishFinality(pool, config.chains)
    const opener = engine?.opener ?? transferOpener({ store, clock, execute: () => {}, onMoved: tail.wake })
    const wakeSaga = engine?.wake ?? (() => void pool.query('notify causeway_inbox').catch(warn('the saga could not be woken')))
    const server = await buildServer({
      pool,
      config,
      chains,
      rails,
      rates: ratesOf(config.policy, clock.nowMs, log),
      opener,
      tail,
      wakeSaga,
      pauses,
      readiness: () => readiness(pool, pauses),
      registry,
      sep: config.sep && {
        config: config.sep,
        accountSigners: horizonSigners(config.sep.horizonUrl),
        clientSigningKey: clientDomainKeys(config.sep.publicUrl.startsWith('http:')),
      },
      nowMs: clock.nowMs,
      newUuid: randomUUIDv7,
    })
    url = await server.listen({ host: config.host, port: config.port })
    stops.unshift(() => server.close())
  }

  return {
    url,
    stop: async () => {
      for (const stop of stops) await stop()
      tail.stop()
      await pool.end()
    },
  }
}

// A head that has not moved for so long means that nobody follows the chain.
const silentAfterMs = 60_000

const readiness = async (pool: pg.Pool, pauses: Pauses): Promise<ReadinessCheck[]> => {
  try {
    const chains = await heads(pool)
    return [
      { name: 'database', ok: true },
      // Somebody wanted it so, and knows.
      ...pauses.all().map(({ scope, reason }) => ({ name: scope, ok: true, detail: `paused: ${reason}` })),
      ...chains.map(({ chain, haltedReason, alarm, updatedAt }) => {
        if (haltedReason !== undefined) return { name: chain, ok: false, detail: `halted: ${haltedReason}` }
        if (alarm !== undefined) return { name: chain, ok: false, detail: `alarm: ${alarm}` }
        const silentMs = Date.now() - updatedAt.getTime()
        return silentMs < silentAfterMs
          ? { name: chain, ok: true }
          : { name: chain, ok: false, detail: `silent for ${silentMs} ms` }
      }),
    ]
  } catch (error) {
    return [{ name: 'database', ok: false, detail: String(error) }]
  }
}
