import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { bytesToHex, createTestClient, encodeFunctionData, type Hex, http, publicActions, walletActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Chain, ChainOrder, HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import { evmChain } from '../../bridge-service/src/chains/evm/adapter.ts'
import type { CheckpointName } from '../../bridge-service/src/chains/evm/checkpoint.ts'
import type { EvmConfig } from '../../bridge-service/src/chains/evm/config.ts'
import type { Notice } from '../../bridge-service/src/chains/evm/notice.ts'
import { machineTiming } from '../../bridge-service/src/timing.ts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import { type Deployment, deployContracts } from '../../scripts/local/deploy-contracts.ts'
import { startEvm } from '../../scripts/local/evm.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { createWorkspace } from '../../scripts/local/workspace.ts'
import { freshDatabase } from './database.ts'
import { startRpcProxy } from './rpc-proxy.ts'

/** A real node with the contracts that mines on demand only, behind a proxy that can lose messages. One per test file. */
export const startEvmWorld = async () => {
  const workspace = createWorkspace()
  const node = await startEvm(workspace.folder, { blockMs: 0 })
  const deployment = await deployContracts(node.url)
  const database = await freshDatabase()
  const stop = async () => {
    await database.drop()
    await node.stop()
    workspace.remove()
  }
  return { open: () => openScene(node.url, deployment, database.url), stop }
}

export type EvmScene = Awaited<ReturnType<typeof openScene>>

/** Empty tables, seen as the service's role, and the chain as it was just after deployment. */
const openScene = async (nodeUrl: string, deployment: Deployment, databaseUrl: string) => {
  const client = createTestClient({ mode: 'hardhat', transport: http(nodeUrl), cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions)
  const snapshot = await client.snapshot()
  await emptyTables(databaseUrl)
  const pool = new pg.Pool({ connectionString: databaseUrl, options: '-c role=causeway_app' })
  pool.on('error', () => {})
  const proxy = await startRpcProxy(nodeUrl)
  const notices: Notice[] = []
  const clock = { nowMs: Date.now() }
  const { timestamp } = await client.getBlock()

  /** One process of the service: all of them share the database, the keys and the proxy. */
  const adapter = (overrides: Partial<EvmConfig> = {}, database: pg.Pool = pool): Chain =>
    evmChain(
      {
        id: 'evm:31337',
        rpcUrl: proxy.url,
        escrow: deployment.escrow,
        depositAddresses: deployment.depositAddresses,
        tokens: { USDC: { address: deployment.token } },
        treasuryKey: deployment.treasury.key,
        operatorKey: deployment.operator.key,
        fees: { maxFeePerGasCap: 10n ** 12n },
        stuckAfterMs: 60_000,
        finalityDepth: 3,
        leaseMs: 100,
        rpcTimeoutMs: 5_000,
        timing: { ...machineTiming, nowMs: () => clock.nowMs },
        notify: notice => notices.push(notice),
        ...overrides,
      },
      database,
    )

  const terms = (overrides: Partial<HoldTerms> = {}): HoldTerms => ({
    ref: bytesToHex(randomBytes(32)),
    currency: 'USDC',
    amountMinor: '100250000',
    payer: deployment.treasury.address,
    payee: evmAccount(7).address,
    refundAfter: Number(timestamp) + 3_600,
    hardDeadline: Number(timestamp) + 7_200,
    onExpiry: 'refund',
    ...overrides,
  })
  const order = (
    action: ChainOrder['action'],
    of: HoldTerms = terms(),
    key = `key-${randomBytes(6).toString('hex')}`,
  ): ChainOrder => ({
    key,
    action,
    terms: of,
  })

  const events = (eventName: 'Locked' | 'Released' | 'Refunded' | 'Credited', ref?: Hex) =>
    client.getContractEvents({
      abi: escrowAbi,
      address: deployment.escrow,
      eventName,
      ...(ref ? { args: { ref } } : {}),
      fromBlock: 0n,
    })

  /** Any call of the escrow by a local account that is not the adapter's, mined at once. */
  const asAdmin = async (functionName: 'pause' | 'unpause') => {
    const account = privateKeyToAccount(deployment.admin.key)
    await client.writeContract({
      account,
      chain: null,
      address: deployment.escrow,
      abi: escrowAbi,
      functionName,
      args: [deployment.token],
    })
    await mine()
  }
  /** What its issuer does with the token, mined at once. */
  const asIssuer = async (...call: ['pause'] | ['unpause'] | ['setDenied', Hex, boolean]) => {
    const [functionName, ...args] = call
    const data = encodeFunctionData({ abi: testDollarAbi, functionName, args } as Parameters<typeof encodeFunctionData>[0])
    await client.sendTransaction({
      account: privateKeyToAccount(deployment.admin.key),
      chain: null,
      to: deployment.token,
      data,
    })
    await mine()
  }
  /** The treasury's key used by somebody else: an empty payment to itself. */
  const asThief = (fees: { nonce?: number; maxFeePerGas?: bigint; maxPriorityFeePerGas?: bigint } = {}) => {
    const account = privateKeyToAccount(deployment.treasury.key)
    return client.sendTransaction({ account, chain: null, to: account.address, value: 0n, ...fees })
  }

  const mine = (blocks = 1) => client.mine({ blocks, interval: 0 })

  const rows = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await pool.query<Row>(sql, values)).rows

  const close = async () => {
    await proxy.stop()
    await pool.end()
    await client.revert({ id: snapshot })
  }
  return {
    nodeUrl,
    databaseUrl,
    client,
    deployment,
    pool,
    proxy,
    notices,
    clock,
    adapter,
    terms,
    order,
    events,
    asAdmin,
    asIssuer,
    asThief,
    mine,
    rows,
    close,
  }
}

/** The owner's way around the triggers that keep history: much quicker than a new database. */
const emptyTables = async (databaseUrl: string) => {
  const owner = new pg.Client({ connectionString: databaseUrl })
  await owner.connect()
  await owner.query("set session_replication_role = 'replica'")
  await owner.query('truncate evm_tx_versions, evm_txs, evm_refusals, nonce_lanes')
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

/** Polls until it holds; fails at the deadline. */
export const until = async (what: string, holds: () => Promise<boolean>, deadlineMs = 10_000) => {
  const deadline = Date.now() + deadlineMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await delay(20)
  }
}
