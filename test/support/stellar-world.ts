import { randomBytes } from 'node:crypto'
import { Account, type Asset, Horizon, Keypair, Operation, TransactionBuilder, type xdr } from '@stellar/stellar-sdk'
import pg from 'pg'
import type { ChainOrder, HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import { type StellarChain, stellarChain } from '../../bridge-service/src/chains/stellar/adapter.ts'
import type { CheckpointName } from '../../bridge-service/src/chains/stellar/checkpoint.ts'
import type { StellarConfig } from '../../bridge-service/src/chains/stellar/config.ts'
import type { Notice } from '../../bridge-service/src/chains/stellar/notice.ts'
import { BridgeError } from '../../bridge-service/src/errors.ts'
import { localPassphrase } from '../../scripts/local/stellar/passphrase.ts'
import { type StellarServer, serveStellar } from '../../scripts/local/stellar/server.ts'
import { type StellarSetup, setUpStellar } from '../../scripts/local/stellar-setup.ts'
import { freshDatabase } from './database.ts'
import { until } from './until.ts'

/** A real network, when one is named; what only the local one can do (faults, time by hand) is skipped there. */
const real = process.env.STELLAR_HORIZON_URL

export const isRealNetwork = real !== undefined

export const realPassphrase = process.env.STELLAR_PASSPHRASE ?? localPassphrase

type Fault = Parameters<StellarServer['node']['faults']['arm']>[0]

/** A Stellar network whose ledgers close on demand only, with the bridge's accounts on it. One per test file. */
export const startStellarWorld = async ({ channels = 4 }: { channels?: number } = {}) => {
  // Two hours behind, so that what is set up by the wall's clock fits even after some time was made to pass.
  const genesisTime = Math.floor(Date.now() / 1_000) - 7_200
  const server = real === undefined ? await serveStellar({ closeMs: 0, genesisTime, submissionTimeoutMs: 60_000 }) : undefined
  const horizonUrl = (server?.url ?? real!).replace(/\/+$/, '')
  const seed = randomBytes(8).toString('hex')
  const setUp = async () => {
    const ticking = server && setInterval(() => server.node.close(server.node.network().last().closeTime + 1), 20)
    const setup = await setUpStellar({ horizonUrl, passphrase: realPassphrase, seed, channels })
    clearInterval(ticking)
    return setup
  }
  const setup = await setUp()
  const database = await freshDatabase()
  const stop = async () => {
    await database.drop()
    await server?.close()
  }
  return { setUp, open: () => openScene(horizonUrl, server, setup, database.url), stop }
}

export type StellarScene = Awaited<ReturnType<typeof openScene>>

/** Empty tables, seen as the service's role, on a network on which nothing is under way. */
const openScene = async (horizonUrl: string, server: StellarServer | undefined, setup: StellarSetup, databaseUrl: string) => {
  await emptyTables(databaseUrl)
  const pool = new pg.Pool({ connectionString: databaseUrl, options: '-c role=causeway_app' })
  pool.on('error', () => {})
  const horizon = new Horizon.Server(horizonUrl, { allowHttp: true })
  const notices: Notice[] = []
  const usdc = setup.assets.USDC as Asset
  const { treasury, cold, sponsor, issuer, channels, passphrase } = setup

  /** One process of the service: all of them share the database and the keys. */
  const adapter = (overrides: Partial<StellarConfig> = {}, database: pg.Pool = pool): StellarChain =>
    stellarChain(
      {
        id: 'stellar:local',
        horizonUrl,
        passphrase,
        assets: { USDC: { code: 'USDC', issuer: issuer.publicKey() } },
        accounts: {
          treasury: treasury.publicKey(),
          cold: cold.publicKey(),
          sponsor: sponsor.publicKey(),
          issuer: issuer.publicKey(),
          channels: channels.map(channel => channel.publicKey()),
        },
        keys: {
          treasury: treasury.secret(),
          cold: cold.secret(),
          sponsor: sponsor.secret(),
          issuer: issuer.secret(),
          channels: channels.map(channel => channel.secret()),
        },
        fees: { bidCap: 100_000n },
        submissionSec: 60,
        deliverySec: 3_600,
        bumpAfterLedgers: 3,
        leaseMs: 300,
        requestTimeoutMs: 5_000,
        notify: notice => notices.push(notice),
        ...overrides,
      },
      database,
    )

  const newest = async () => {
    const { records } = await horizon.ledgers().order('desc').limit(1).call()
    return { sequence: records[0]!.sequence, closeTime: Math.floor(Date.parse(records[0]!.closed_at) / 1_000) }
  }
  /** Closes ledgers, each so many seconds after the last; on a real network waits until as many have closed. */
  const close = async (ledgers = 1, seconds = 5) => {
    if (server) {
      for (let count = 0; count < ledgers; count++) server.node.close(server.node.network().last().closeTime + seconds)
      return
    }
    const from = (await newest()).sequence
    await until(`${ledgers} ledgers`, async () => (await newest()).sequence >= from + ledgers, 60_000 + 6_000 * ledgers)
  }
  const local = () => {
    if (!server) throw new Error('only the local network can do that')
    return server.node
  }

  /** A transaction of somebody else's making, in a ledger and successful. */
  const transact = async (source: Keypair, operations: readonly xdr.Operation[], signers: readonly Keypair[] = []) => {
    const { sequence } = await horizon.loadAccount(source.publicKey())
    const builder = new TransactionBuilder(new Account(source.publicKey(), sequence), {
      fee: '1000',
      networkPassphrase: passphrase,
    })
    for (const operation of operations) builder.addOperation(operation)
    const tx = builder.setTimebounds(0, (await newest()).closeTime + 300).build()
    tx.sign(source, ...signers)
    await horizon.submitAsyncTransaction(tx)
    const hash = Buffer.from(tx.hash()).toString('hex')
    await close()
    return until(`transaction ${hash}`, async () => {
      const record = await horizon
        .transactions()
        .transaction(hash)
        .call()
        .catch(() => undefined)
      if (record && !record.successful) throw new Error(`transaction ${hash} failed: ${record.result_xdr}`)
      return record
    })
  }

  /** A new account, with or without a line for the token. */
  const customer = async ({ line = true, limit, balance = '5' }: { line?: boolean; limit?: string; balance?: string } = {}) => {
    const pair = Keypair.random()
    const operations = [
      Operation.createAccount({ destination: pair.publicKey(), startingBalance: balance, source: sponsor.publicKey() }),
    ]
    const trust = Operation.changeTrust({ asset: usdc, ...(limit === undefined ? {} : { limit }), source: pair.publicKey() })
    if (line) operations.push(trust)
    await transact(sponsor, operations, line ? [pair] : [])
    return pair
  }

  const holds = async (account: string): Promise<string> => {
    const { balances } = await horizon.loadAccount(account)
    return balances.find(one => 'asset_code' in one && one.asset_code === usdc.code)?.balance ?? '0'
  }
  const balancesFor = async (claimant: string) => (await horizon.claimableBalances().claimant(claimant).limit(200).call()).records

  const { closeTime } = await newest()
  const terms = (overrides: Partial<HoldTerms> = {}): HoldTerms => ({
    ref: `0x${randomBytes(32).toString('hex')}`,
    currency: 'USDC',
    amountMinor: '100250000',
    payer: treasury.publicKey(),
    payee: Keypair.random().publicKey(),
    refundAfter: closeTime + 3_600,
    hardDeadline: closeTime + 7_200,
    onExpiry: 'release',
    ...overrides,
  })
  const order = (action: ChainOrder['action'], of: HoldTerms = terms(), key = newKey()): ChainOrder => ({
    key,
    action,
    terms: of,
  })

  /** Every transaction that went through a channel, failed ones too, as the ledger itself says. */
  const allOnLedger = async () => {
    const found: Horizon.ServerApi.TransactionRecord[] = []
    for (const channel of channels) {
      let page = await horizon.transactions().forAccount(channel.publicKey()).includeFailed(true).limit(200).call()
      while (page.records.length > 0) {
        found.push(...page.records.filter(tx => tx.source_account === channel.publicKey()))
        page = await page.next()
      }
    }
    return found
  }
  /** Those about one ref. */
  const onLedger = async (ref: string) => {
    const memo = memoOf(ref)
    return (await allOnLedger()).filter(tx => tx.memo === memo)
  }

  const rows = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await pool.query<Row>(sql, values)).rows
  const busyChannels = async () =>
    (await rows<{ count: number }>("select count(*)::int as count from stellar_attempts where fate = 'open'"))[0]!.count

  const unsettled = async () =>
    (await rows<{ count: number }>("select count(*)::int as count from stellar_txs where status in ('open', 'waiting')"))[0]!
      .count

  return {
    horizonUrl,
    databaseUrl,
    horizon,
    setup,
    usdc,
    pool,
    notices,
    adapter,
    newest,
    close,
    node: local,
    arm: (fault: Fault) => local().faults.arm(fault),
    heal: () => local().faults.clear(),
    transact,
    customer,
    holds,
    balancesFor,
    terms,
    order,
    allOnLedger,
    onLedger,
    rows,
    busyChannels,
    /** Until every fate is known and nothing waits: ledgers close meanwhile. */
    settle: async (workers: readonly Pick<StellarChain, 'tend'>[], ledgers = 60) => {
      for (let count = 0; count < ledgers; count++) {
        for (const worker of workers) await worker.tend().catch(unlessExpected)
        if ((await unsettled()) === 0) return
        await close()
      }
      throw new Error(`not settled after ${ledgers} ledgers`)
    },
    /** Leaves nothing in the queue, no fault behind, and no fee of a surge among the last ledgers. */
    end: async () => {
      server?.node.faults.clear()
      if (server) await close(8, 60)
      await pool.end()
    },
  }
}

/** A network that does not answer is what tests are about; anything else is a mistake. */
export const unlessExpected = (error: unknown) => {
  if (!(error instanceof BridgeError)) throw error
}

/** A ref as Horizon shows it. */
export const memoOf = (ref: string) => Buffer.from(ref.slice(2), 'hex').toString('base64')

export const newKey = () => `key-${randomBytes(6).toString('hex')}`

/** The owner's way around the triggers that keep history: much quicker than a new database. */
const emptyTables = async (databaseUrl: string) => {
  const owner = new pg.Client({ connectionString: databaseUrl })
  await owner.connect()
  await owner.query("set session_replication_role = 'replica'")
  await owner.query('truncate stellar_envelopes, stellar_attempts, stellar_txs, stellar_channels')
  await owner.end()
}

/** A checkpoint that never comes back from `name`: to everyone else, that process is dead or frozen. `thaw` wakes it up. */
export const frozenAt = (name: CheckpointName) => {
  const reached = Promise.withResolvers<void>()
  const thawed = Promise.withResolvers<void>()
  const checkpoint = async (at: CheckpointName) => {
    if (at !== name) return
    reached.resolve()
    await thawed.promise
  }
  return { checkpoint, reached: reached.promise, thaw: thawed.resolve }
}
