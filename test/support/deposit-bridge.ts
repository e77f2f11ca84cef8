import { createHash, randomUUID, randomUUIDv7 } from 'node:crypto'
import pg from 'pg'
import type { Chain, HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import { postgresAddressStore } from '../../bridge-service/src/deposits/address-store.ts'
import { depositTurn } from '../../bridge-service/src/deposits/desk.ts'
import { postgresDepositStore } from '../../bridge-service/src/deposits/postgres-store.ts'
import type { StrayDeposit } from '../../bridge-service/src/deposits/stray-deposit.ts'
import { readStray, type StrayRow, strayColumns } from '../../bridge-service/src/deposits/stray-row.ts'
import { openBooks } from '../../bridge-service/src/liquidity/open-books.ts'
import { denyListScreening } from '../../bridge-service/src/policy/screening.ts'
import { startEngine } from '../../bridge-service/src/saga/engine.ts'
import { postgresStore } from '../../bridge-service/src/saga/postgres-store.ts'
import type { TransferId } from '../../bridge-service/src/transfer/id.ts'
import type { State } from '../../bridge-service/src/transfer/state.ts'
import type { Deposit } from '../../bridge-service/src/transfer/terms.ts'
import type { Transfer } from '../../bridge-service/src/transfer/transfer.ts'
import type { WaitKind } from '../../bridge-service/src/transfer/wait.ts'
import type { readConfig } from '../../indexer/src/config.ts'
import { startIndexer } from '../../indexer/src/indexer.ts'
import { finalFacts } from '../../indexer/src/queries.ts'
import { inProcessBank } from './in-process.ts'
import { offramp } from './offramp.ts'
import { until } from './until.ts'

export type DepositBridge = Awaited<ReturnType<typeof startDepositBridge>>

/** A bridge that buys what customers bring on one real chain: its saga, its indexer and its desk for deposits, and a bank in this process. */
export const startDepositBridge = async ({
  databaseUrl,
  pool,
  chain,
  indexed,
  turn,
  denied = [],
}: {
  readonly databaseUrl: string
  /** With the rights of the service. */
  readonly pool: pg.Pool
  readonly chain: Chain
  readonly indexed: ReturnType<typeof readConfig>['chains'][number]
  /** Lets the chain go on a little. */
  readonly turn: () => Promise<unknown>
  readonly denied?: readonly string[]
}) => {
  const owner = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  owner.on('error', () => {})
  const bank = inProcessBank()
  await openBooks(owner, {
    banks: [{ rail: bank, accounts: { USD: 'acct_1' } }],
    chains: [{ chain, currencies: ['USDC'] }],
  })
  await owner.query(
    `insert into liquidity_pools (id, currency, total) values ('bank:sim:USD', 'USD', 1000000) on conflict (id) do update set total = excluded.total`,
  )
  const screening = denyListScreening({ name: 'test', names: [], accounts: [], addresses: denied })
  const chains = new Map([[chain.id, chain]])
  const indexer = await startIndexer({ databaseUrl, host: '127.0.0.1', port: 0, chains: [indexed] }, () => {})
  const engine = await startEngine({
    ...{ store: postgresStore(pool), owner: randomUUID(), rails: new Map([[bank.id, bank]]), chains, screening },
    finalFacts: async limit =>
      (await finalFacts(pool, limit)).map(found => ({
        ...found,
        transferId: found.transferId as TransferId,
        kind: found.kind as WaitKind,
      })),
    ...{ intentLeaseMs: 30_000, onMoved: () => {}, log: () => {}, pollMs: 20 },
  })
  const look = depositTurn({
    ...{ store: postgresDepositStore(pool), addresses: postgresAddressStore(pool) },
    ...{ chains, screening, newUuid: randomUUIDv7, log: () => {} },
  })

  const load = async (id: TransferId): Promise<Transfer> =>
    (await owner.query<Transfer>('select * from transfers where id = $1', [id])).rows[0]!
  /** The bridge and its chain go on until it holds. */
  const goOn = <T>(what: string, holds: () => T | Promise<T>, timeoutMs = 30_000): Promise<NonNullable<T>> =>
    until(
      what,
      async () => {
        const answer = await holds()
        if (answer) return answer
        await turn()
        await chain.tend().catch(() => {})
        await look()
        await owner.query(`update deposit_orders set next_at = now() where status in ('PENDING', 'IN_FLIGHT')`)
        await owner.query(`update stray_deposits set look_at = now() where state in ('waiting', 'self_serve')`)
        await owner.query('update deposit_addresses set look_at = now()')
        return undefined
      },
      timeoutMs,
    )
  const reaches = (id: TransferId, state: State) => goOn(`${id} is ${state}`, async () => (await load(id)).state === state)

  return {
    bank,
    engine,
    owner,
    load,
    goOn,
    look,
    reaches,
    /** An off-ramp of these terms that waits for its deposit; with `refundTo` at an address, which is the terms' payer. */
    open: async (terms: HoldTerms, committedBy: Deposit['committedBy'], refundTo?: string): Promise<TransferId> => {
      const nowMs = Date.now()
      const unborn = offramp({
        source: { kind: 'chain', chain: chain.id, currency: 'USDC', address: refundTo ?? terms.payer },
        createdAt: new Date(nowMs).toISOString(),
        deposit: {
          ...{ chain: chain.id, terms, committedBy, dueAt: new Date(nowMs + 1_800_000).toISOString() },
          finality: { level: 'latest', confirmations: 1 },
          ...(refundTo === undefined ? {} : { refundTo }),
        },
      })
      const requestHash = createHash('sha256').update(unborn.id).digest()
      await engine.opener.open({
        ...{ unborn, actor: 'test', key: unborn.id, route: 'POST /v1/transfers', requestHash },
        ...{ status: 202, response: {}, location: '' },
      })
      await reaches(unborn.id, 'awaitingDeposit')
      return unborn.id
    },
    /** The case that a fact has become, in this state. */
    stray: (fact: string, state: StrayDeposit['state']) =>
      goOn(`a stray deposit ${fact} that is ${state}`, async () => {
        const { rows } = await owner.query<StrayRow>(
          `select ${strayColumns('s')} from stray_deposits s where fact = $1 and state = $2`,
          [fact, state],
        )
        return rows[0] && readStray(rows[0])
      }),
    /** The case of what lies, or lay, at the address of a transfer. */
    strayAtAddress: (id: TransferId, reason: StrayDeposit['reason'], state: StrayDeposit['state']) =>
      goOn(`a stray deposit of ${id}, ${reason}, that is ${state}`, async () => {
        const { rows } = await owner.query<StrayRow>(
          `select ${strayColumns('s')} from stray_deposits s where transfer_id = $1 and reason = $2 and state = $3`,
          [id, reason, state],
        )
        return rows[0] && readStray(rows[0])
      }),
    strays: async () => (await owner.query('select fact, reason, state from stray_deposits')).rows,
    posted: async (account: string): Promise<string> =>
      (await owner.query(`select coalesce(sum(posted), 0)::text as minor from ledger_balances where account_id = $1`, [account]))
        .rows[0].minor,
    stop: async () => {
      await engine.stop()
      await indexer.stop()
      await owner.end()
    },
  }
}
