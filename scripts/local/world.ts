import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { adapters, applicationPool } from '../../bridge-service/src/app.ts'
import { readConfig } from '../../bridge-service/src/config.ts'
import { mintApiKey } from '../../bridge-service/src/http/api-key.ts'
import { openBooks } from '../../bridge-service/src/liquidity/open-books.ts'
import type { Currency } from '../../bridge-service/src/money/currency.ts'
import { migrate } from '../migrate.ts'
import { nodeFlags } from '../node-flags.ts'
import { type LocalBank, startBank } from './bank.ts'
import { type Child, startChild } from './child.ts'
import { localChainId } from './evm.ts'
import { type EvmBridge, startEvmBridge } from './evm-bridge.ts'
import { providersOn } from './liquidity-provider.ts'
import { openPartner, type PayoutChains, partnersOf } from './payout-partners.ts'
import { freePort } from './ports.ts'
import { type LocalPostgres, startPostgres } from './postgres.ts'
import { type StellarBridge, startStellarBridge } from './stellar-bridge.ts'
import { stellarKey } from './stellar-setup.ts'
import { travel } from './travel.ts'
import { createWorkspace } from './workspace.ts'

const tenant = 'local'

export type WorldOptions = {
  /** Wanted ports; one that is taken is moved. Without them every port is a free one. */
  readonly ports?: {
    readonly api?: number
    readonly evm?: number
    readonly stellar?: number
    readonly bank?: number
    readonly postgres?: number
  }
  /** Milliseconds between blocks; 0: blocks on demand. */
  readonly blockMs?: number
  /** See `EvmBridgeOptions`. */
  readonly confirmations?: number
  readonly finalityDepth?: number
  /** A second EVM chain beside the first, with the same settings. */
  readonly secondEvm?: boolean
  /** Milliseconds between Stellar ledgers; without it there is no Stellar network. */
  readonly stellarCloseMs?: number
  /** Where the payout partner of a currency is paid; on the first EVM chain where nothing is said. */
  readonly payoutChains?: PayoutChains
  readonly bank?: Parameters<typeof startBank>[1]
  /** `bank:two`: more accounts of ours, in the same two currencies. The same simulator keeps them. */
  readonly secondBank?: boolean
  /** Milliseconds between two looks at the bank's statement. */
  readonly statementPollMs?: number
  /** More variables for service and indexer. */
  readonly env?: Record<string, string>
  readonly onProgress?: (step: string, tookMs: number) => void
  readonly onExit?: (name: string, code: number | null, signal: NodeJS.Signals | null) => void
}

/**
 * A whole Causeway on this machine: real Postgres, a real EVM chain, a second one and a Stellar network if asked for, a simulated bank, and
 * service and indexer as processes of their own. What it says of an EVM bridge is of its first chain.
 */
export type World = Pick<EvmBridge, 'evm' | 'contracts' | 'settlementToken' | 'chain'> & {
  readonly folder: string
  readonly apiUrl: string
  readonly apiKey: string
  readonly indexerUrl: string
  readonly databaseUrl: string
  /** See `LocalPostgres`. */
  readonly crashDatabase: LocalPostgres['crash']
  readonly bank: LocalBank
  readonly secondEvm: EvmBridge | undefined
  readonly stellar: StellarBridge | undefined
  readonly service: () => Child
  readonly indexer: () => Child
  /** What service and indexer are told. */
  readonly env: Readonly<Record<string, string>>
  /** Starts it again; `change` holds for this run only. */
  readonly startService: (change?: Record<string, string>) => Promise<void>
  readonly startIndexer: (change?: Record<string, string>) => Promise<void>
  readonly logOf: (name: 'service' | 'indexer' | 'bank' | 'evm' | 'stellar' | 'postgres') => string
  /** Moves the world's time ahead by so many milliseconds more. */
  readonly travel: (aheadMs: number) => Promise<void>
  readonly stop: () => Promise<void>
}

export const startWorld = async (options: WorldOptions = {}): Promise<World> => {
  const { ports = {}, onProgress = () => {} } = options
  const workspace = createWorkspace()
  const { folder } = workspace
  const stops: (() => Promise<void>)[] = []
  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    for (const stopOne of stops.reverse()) await stopOne().catch(() => {})
    workspace.remove()
  }
  const timed = async <T>(step: string, work: Promise<T>): Promise<T> => {
    const startedMs = performance.now()
    const result = await work
    onProgress(step, Math.round(performance.now() - startedMs))
    return result
  }
  const started = <T extends { stop: () => Promise<void> }>(part: T): T => {
    stops.push(part.stop)
    return part
  }
  const onExit = (name: string) => (code: number | null, signal: NodeJS.Signals | null) => {
    if (!stopping) options.onExit?.(name, code, signal)
  }

  try {
    const apiPort = await freePort(ports.api)
    const indexerPort = await freePort()
    const apiUrl = `http://127.0.0.1:${apiPort}`
    const startEvmAt = (chainId: number, port?: number) => {
      const { blockMs = 250, confirmations, finalityDepth } = options
      return startEvmBridge(folder, { blockMs, confirmations, finalityDepth, chainId, ...given('port', port) }).then(started)
    }
    const [postgres, evmBridge, secondEvm, bank, stellar] = await settleAll([
      timed('Postgres', startPostgres(folder, { port: ports.postgres }).then(started)).then(async (postgres: LocalPostgres) => {
        await timed('migrations', migrate(postgres.url))
        return postgres
      }),
      timed('EVM and contracts', startEvmAt(localChainId, ports.evm)),
      options.secondEvm ? timed('second EVM', startEvmAt(localChainId + 1)) : Promise.resolve(undefined),
      timed(
        'bank simulator',
        startBank(folder, {
          openingBalances: { USD: '500000000', EUR: '500000000' },
          settlementDelays: { ach: 800, sepa: 800, sepa_inst: 0, wire: 300, book: 0 },
          webhookUrl: `${apiUrl}/v1/bank_webhooks/bank:sim`,
          ...given('port', ports.bank),
          ...options.bank,
        }).then(started),
      ),
      options.stellarCloseMs === undefined
        ? Promise.resolve(undefined)
        : timed(
            'Stellar',
            startStellarBridge(folder, { closeMs: options.stellarCloseMs, ...given('port', ports.stellar) }).then(started),
          ),
    ])
    const { evm, contracts, settlementToken, chain } = evmBridge
    const payoutChains = options.payoutChains ?? {}
    if (stellar && Object.values(payoutChains).includes('stellar')) await openPartner(stellar)
    const env = {
      ...environment({ postgres, evmBridges: secondEvm ? [evmBridge, secondEvm] : [evmBridge], bank, stellar, apiPort, options }),
      INDEXER_PORT: String(indexerPort),
      ...options.env,
    }
    const apiKey = await timed('books and API key', setUp(env))

    let service: Child
    let indexer: Child
    const start = (name: 'service' | 'indexer', script: string, change: Record<string, string> = {}) =>
      startChild({
        name,
        script,
        nodeFlags,
        env: { ...env, ...change },
        logFile: join(folder, `${name}.log`),
        onExit: onExit(name),
      })
    const startService = async (change?: Record<string, string>) => {
      service = await start('service', 'bridge-service/src/main.ts', change)
    }
    const startIndexer = async (change?: Record<string, string>) => {
      indexer = await start('indexer', 'indexer/src/main.ts', change)
    }
    stops.push(
      () => service?.stop() ?? Promise.resolve(),
      () => indexer?.stop() ?? Promise.resolve(),
    )
    await Promise.all([timed('indexer', startIndexer()), timed('service', startService())])
    return {
      folder,
      apiUrl,
      apiKey,
      indexerUrl: `http://127.0.0.1:${indexerPort}`,
      databaseUrl: postgres.url,
      crashDatabase: postgres.crash,
      ...{ evm, contracts, settlementToken, chain, secondEvm, stellar },
      bank,
      env,
      service: () => service,
      indexer: () => indexer,
      startService,
      startIndexer,
      travel: aheadMs => travel(postgres.url, secondEvm ? [evm.url, secondEvm.evm.url] : [evm.url], aheadMs),
      logOf: name => readFileSync(join(folder, `${name}.log`), 'utf8'),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Like `Promise.all`, but waits for all before it throws, so that what did start is known and can be stopped. */
const settleAll = async <T extends readonly unknown[] | []>(works: T) => {
  await Promise.allSettled(works)
  return Promise.all(works)
}

const given = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })

type Parts = {
  postgres: LocalPostgres
  evmBridges: readonly [EvmBridge, ...EvmBridge[]]
  bank: LocalBank
  stellar: StellarBridge | undefined
  apiPort: number
  options: WorldOptions
}

/** What the processes are told, exactly as a deployment would tell them. */
const environment = ({ postgres, evmBridges, bank, stellar, apiPort, options }: Parts): Record<string, string> => ({
  DATABASE_URL: postgres.url,
  PORT: String(apiPort),
  CAUSEWAY_CHAINS: JSON.stringify([...evmBridges, ...(stellar ? [stellar] : [])].map(({ entry }) => entry)),
  ...stellar?.env,
  ...(stellar ? wallets(stellar.chain, apiPort) : {}),
  CAUSEWAY_BANKS: JSON.stringify([
    bankEntry('bank:sim', bank.accounts, bank, options),
    ...(options.secondBank ? [bankEntry('bank:two', bank.secondAccounts, bank, options)] : []),
  ]),
  CAUSEWAY_POLICY: JSON.stringify({
    // One customer of one tenant plays all parts here: a return of one transfer must not make his next ones wait for three days, nor may many
    // of them be too many.
    exposure: { perPayer: {}, perTenant: {} },
    payoutPartners: partnersOf(options.payoutChains ?? {}, evmBridges[0].chain, bank),
    rates: [...pegs, ...crossRates],
    liquidityProviders: providersOn(evmBridges.map(({ chain }) => chain)),
  }),
  CAUSEWAY_TREASURY_KEY: evmBridges[0].contracts.treasury.key,
  CAUSEWAY_OPERATOR_KEY: evmBridges[0].contracts.operator.key,
  CAUSEWAY_INTENT_LEASE_MS: '5000',
})

const bankEntry = (
  id: string,
  accounts: LocalBank['accounts'] | LocalBank['secondAccounts'],
  { url, apiKey, webhookSecret, accountNumbers }: LocalBank,
  { statementPollMs }: WorldOptions,
) => ({
  ...{ id, url, apiKey, accounts, webhookSecrets: [webhookSecret], timeoutMs: 2_000 },
  schemes: ['ach', 'sepa', 'sepa_inst', 'wire', 'book'],
  payableAs: {
    USD: { scheme: 'wire', name: 'Causeway', accountNumber: accountNumbers[accounts.USD], routingNumber: '021000021' },
    EUR: { scheme: 'sepa_inst', name: 'Causeway', accountNumber: accountNumbers[accounts.EUR] },
  },
  ...given('statementPollMs', statementPollMs),
})

const rate = (from: Currency, to: Currency, numerator: string, denominator: string) => ({ from, to, numerator, denominator })
const peg = (from: Currency, to: Currency) => rate(from, to, '1', '1')
const pegs = [
  ...[peg('USD', 'USDC'), peg('EUR', 'EURC'), peg('USDC', 'USD'), peg('EURC', 'EUR')],
  ...[peg('USD', 'USD'), peg('EUR', 'EUR'), peg('USDC', 'USDC'), peg('EURC', 'EURC')],
]
const crossRates = [rate('EUR', 'USD', '27', '25'), rate('USD', 'EUR', '9', '10')]

/** What lets Stellar wallets in: stellar.toml, web authentication, quotes. */
const wallets = (chain: string, apiPort: number): Record<string, string> => ({
  CAUSEWAY_STELLAR_SEP: JSON.stringify({ chain, publicUrl: `http://127.0.0.1:${apiPort}`, tenant }),
  CAUSEWAY_STELLAR_SIGNING_KEY: stellarKey('causeway', 'web-auth').secret(),
  CAUSEWAY_STELLAR_JWT_SECRET: 'a secret of the local world and of no other',
})

/** Opens the books on what bank and treasury hold, and mints the first API key. */
const setUp = async (env: Record<string, string>): Promise<string> => {
  const config = readConfig(env, ['saga'])
  const pool = applicationPool(config.databaseUrl, 2, () => {})
  try {
    const { rails, chains } = adapters(config, pool, () => {})
    await openBooks(pool, {
      banks: config.banks.map(({ id, accounts }) => ({ rail: rails.get(id)!, accounts })),
      chains: config.chains.map(({ id, tokens, funding }) => ({
        chain: chains.get(id)!,
        currencies: Object.keys(tokens) as Currency[],
        minted: (Object.keys(funding) as Currency[]).filter(currency => funding[currency] === 'mint'),
      })),
      partners: config.policy.payoutPartners.map(({ currency }) => currency),
    })
    const { key } = await mintApiKey(pool, {
      tenant,
      scopes: ['transfers:read', 'transfers:write', 'ledger:read', 'chains:read'],
    })
    return key
  } finally {
    await pool.end()
  }
}
