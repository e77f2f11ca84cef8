import type { ChainId } from '../../bridge-service/src/chains/chain.ts'
import { chartFor } from '../../bridge-service/src/ledger/chart.ts'
import type { Log } from '../../bridge-service/src/log.ts'
import { done, refused, unknown } from '../../bridge-service/src/outcome.ts'
import { denyListScreening, type Screening } from '../../bridge-service/src/policy/screening.ts'
import type { SagaStore } from '../../bridge-service/src/saga/store.ts'
import { depositOf } from '../../bridge-service/src/transfer/hold.ts'
import { randomFrom } from '../../scripts/fuzz/reorg/random.ts'
import { openBank } from './bank.ts'
import { postBankMail } from './bank-mail.ts'
import { bankLine } from './bank-rail.ts'
import { startChain } from './chain.ts'
import { chainLine } from './chain-port.ts'
import { deniedName, sendClients } from './clients.ts'
import { collect } from './collect.ts'
import { mintPayer, treasury } from './escrow.ts'
import type { Evidence, MomentEvidence } from './evidence.ts'
import { drawFaults, type Faults, type Struck } from './faults.ts'
import { commitBlocks, emptyChainTables, finalFactsOf } from './indexer.ts'
import type { Around } from './memory/connection.ts'
import { memoryStore } from './memory-store.ts'
import { type Process, startProcess } from './process.ts'
import { isOver, restOf } from './rest.ts'
import { scheduler } from './scheduler.ts'
import { feeMarket } from './senders/evm/fee-market.ts'
import { evmLine, type PlantEvm } from './senders/evm/line.ts'
import { drawSettings } from './settings.ts'
import { storeLine } from './store-line.ts'
import { letStrangersIn } from './strangers.ts'
import { traceOf } from './trace.ts'
import { type Plant, type Ports, startWorker, verifierFor, type Worker } from './worker.ts'

export type WorldOptions = {
  readonly plant?: Plant
  readonly plantEvm?: PlantEvm
  readonly show?: (line: string) => void
}

export type World = {
  readonly seed: number
  /** Two runs of a seed give the same. */
  readonly trace: string
  readonly evidence: Evidence
  readonly struck: ReadonlyMap<string, Struck>
  /** Whether all came to rest before patience ended. */
  readonly isAtRest: boolean
  readonly kills: number
  readonly virtualMs: number
}

// After the storm everything has this long to come to rest. The slowest thing the service does is to ask again every quarter of an hour.
const patienceMs = 5 * 3_600_000
const calmMs = 20 * 60_000

/** Lets one world live that its seed decides alone. */
export const runWorld = async (seed: number, { plant, plantEvm, show }: WorldOptions = {}): Promise<World> => {
  const random = randomFrom(seed)
  const settings = drawSettings(random)
  const time = scheduler(settings.startMs)
  const { nowMs, at } = time
  const trace = traceOf(nowMs, show)
  const { note } = trace
  const chainId: ChainId = settings.flavour === 'evm' ? 'evm:1' : 'stellar:sim'
  const other = settings.flavour === 'evm' ? 'stellar: ' : 'evm: '

  const store = memoryStore(nowMs)
  const { tables } = store.database
  const poolMinor = BigInt(random.pick([1_500, 4_000, 40_000])) * 1_000_000n
  await store.openAccounts(chartFor(['USD', 'EUR'], [{ chain: chainId, currency: 'USDC' }]))
  await store.openPool({ id: `${chainId}:USDC`, currency: 'USDC', total: poolMinor })
  await store.openPool({ id: 'bank:sim:USD', currency: 'USD', total: poolMinor / 10_000n })

  const open = () => [...tables.transfers.values()].filter(row => !isOver(row.transfer.state)).map(row => row.transfer.id)
  const faults = drawFaults(random, name => !name.startsWith(other), open, note)
  const transferOf = (ref: string) => tables.by_ref.get(ref)

  const market = settings.senders ? feeMarket(random, faults) : undefined
  const chain = startChain(time, random, faults, settings, poolMinor, market)
  const transferOfKey = (key: string) => tables.intents.get(key)?.transfer_id
  const world = { time, random, faults, chain, settings, note, transferOf, transferOfKey }
  const line = market
    ? evmLine(chainId, world, market, plantEvm)
    : chainLine(chainId, time, random, faults, chain, settings, transferOf)
  const { escrowIdOf } = line
  const bank = openBank(time, random, faults, settings, transfer => releasedOn(transfer))
  const bankWay = bankLine(time, random, faults, bank, settings)
  const strangers = letStrangersIn(time, random, faults, chain, transferOf, escrowIdOf)
  const releasedOn = (transfer: string) =>
    [...chain.state().escrows.values()].some(({ status, terms }) => status === 'released' && transferOf(terms.ref) === transfer)

  const moments: MomentEvidence[] = []
  bank.onFirstAsked(({ key, description: transfer, direction, account }) => {
    const row = tables.transfers.get(transfer)
    const deposit = row && depositOf(row.transfer.terms)
    const escrow = [...chain.state().escrows.values()].find(({ escrowId, terms }) =>
      deposit === undefined
        ? terms.ref === row?.escrow_ref && (terms.payer === treasury || terms.payer === mintPayer)
        : escrowId === escrowIdOf(deposit.terms),
    )
    const heightOf = (isMeant: (kind: string) => boolean) =>
      chain.blocks.findLast(({ events }) => events.some(({ kind, escrowId }) => escrowId === escrow?.escrowId && isMeant(kind)))
        ?.height
    const lockHeight = heightOf(kind => kind === 'escrowLocked')
    const endHeight = heightOf(kind => kind !== 'escrowLocked')
    moments.push({
      ...{
        key,
        transfer,
        direction,
        account,
        escrow: escrow?.status ?? 'none',
        lockMayCome: line.lockMayCome(row?.escrow_ref ?? ''),
      },
      ...{ height: chain.height(), safeHeight: chain.safeHeight(), finalHeight: chain.finalHeight() },
      ...(lockHeight === undefined ? {} : { lockHeight }),
      ...(endHeight === undefined ? {} : { endHeight }),
    })
  })

  const chainTables = emptyChainTables()
  let kills = 0
  let downUntilMs = 0
  const log: Log = (level, message, fields) => {
    if (level === 'error') note(`log ${message} ${JSON.stringify(fields)}`)
  }

  /** When a poll of the database may find something; the same until somebody writes. */
  const finalNow = rememberedBy(
    () => `${store.database.generation()} ${chainTables.latest} ${chainTables.halted}`,
    () =>
      finalFactsOf(store, chainTables, 100).some(({ transferId }) => tables.transfers.get(transferId)?.parked_reason === null),
  )
  const toFindMs = () => (finalNow() ? 0 : store.nextDueMs())

  const processNamed = (name: string, onDeath: () => void): Process =>
    startProcess(time, random, faults, note, {
      name,
      skewMs: faults.strikes('worker: its clock is ahead')
        ? random.between(1, 60) * 1_000
        : faults.strikes('worker: its clock is behind')
          ? -random.between(1, 60) * 1_000
          : 0,
      pollMs: settings.pollMs,
      toFindMs,
      onDeath: () => {
        kills++
        at(nowMs() + random.between(100, 5_000), onDeath)
      },
    })

  // Workers, and whoever starts them again.
  const workers: (Worker | undefined)[] = []
  const beginWorker = (slot: number, life: number): void => {
    const process = processNamed(`worker ${slot}.${life}`, () => {
      workers[slot] = undefined
      beginWorker(slot, life + 1)
    })
    const around = storeLine(process, faults, () => nowMs() >= downUntilMs)
    const connection = store.connect(around)
    process.onCut(connection.cut)
    const ports = portsFor(process, connection.store, around)
    const owner = process.name
    const planted = plant?.(ports, { settings, memory: store, draw: () => random.between(0, 999_999) / 1_000_000 }) ?? ports
    startWorker(
      process,
      store,
      planted,
      line.tendFromMs,
      { leaseMs: settings.leaseMs, pollMs: settings.pollMs, owner },
      log,
    ).then(
      worker => {
        if (process.isAlive()) workers[slot] = worker
      },
      // It could not read the database's clock: whoever supervises it starts it again.
      () => process.kill(),
    )
  }
  const portsFor = (process: Process, saga: SagaStore, around: Around): Ports => ({
    store: saga,
    rail: bankWay.railFor(process, verifierFor(process)),
    chain: line.chainFor(process, around),
    screening: screeningFor(process, faults),
    keyRetentionMs: settings.keyRetentionMs,
    finalFacts: limit => process.call('store.finalFacts', undefined, async () => finalFactsOf(store, chainTables, limit)),
  })
  const anyWorker = (): Worker | undefined => {
    const alive = workers.filter(worker => worker?.process.isAlive())
    return alive.length === 0 ? undefined : random.pick(alive)
  }

  // The indexer.
  const beginIndexer = (life: number): void => {
    let dead = false
    const process = processNamed(`indexer ${life}`, () => {
      dead = true
      beginIndexer(life + 1)
    })
    let busy = false
    let behindUntilMs = 0
    chain.onBlock(() => {
      if (dead || busy || !process.isAlive()) return
      if (faults.strikes('indexer: falls behind')) behindUntilMs = nowMs() + random.between(10, 900) * 1_000
      if (!chainTables.halted && faults.strikes('indexer: halts the chain for a while')) {
        chainTables.halted = true
        at(nowMs() + random.between(10, 900) * 1_000, () => {
          chainTables.halted = false
        })
      }
      if (nowMs() < behindUntilMs || chainTables.halted) return
      busy = true
      process
        .call('indexer.commit', undefined, () => commitBlocks(chainId, store, chainTables, chain, faults))
        .then(told => {
          busy = false
          // The notice of new rows may get lost; polling finds them.
          if (told > 0) for (const worker of workers) if (random.chance(0.8)) worker?.wake()
        })
    })
  }

  const mail = postBankMail(
    time,
    random,
    faults,
    bank,
    bankWay,
    async delivery => (await anyWorker()?.receive(delivery)) ?? false,
    key => !['SUCCEEDED', 'FAILED'].includes(tables.intents.get(key)?.status ?? 'FAILED'),
  )
  const requests = sendClients(time, random, faults, settings, chainId, poolMinor, anyWorker, transfer => {
    const row = tables.transfers.get(transfer)
    const deposit = row && depositOf(row.transfer.terms)
    if (deposit !== undefined) strangers.deposit(transfer, deposit.terms, Date.parse(deposit.dueAt))
  })
  chain.onBlock(() => {
    for (const { status, terms } of chain.state().escrows.values()) {
      const transfer = transferOf(terms.ref)
      if (status === 'released' && transfer !== undefined && !told.has(transfer)) {
        told.add(transfer)
        bank.released(transfer)
      }
    }
  })
  const told = new Set<string>()

  // What happens to whole machines.
  const disturb = () => {
    if (calm) return
    at(nowMs() + 5_000, disturb)
    for (const worker of workers) {
      if (worker === undefined) continue
      if (faults.strikes('worker: is killed from outside')) worker.process.kill()
      else if (faults.strikes('worker: freezes past its lease'))
        worker.process.freeze(settings.leaseMs + random.between(1, 60) * 1_000)
    }
    if (faults.strikes('database: restarts')) {
      downUntilMs = nowMs() + random.between(100, 10_000)
      store.restart()
    }
  }
  let calm = false

  chain.start()
  for (let slot = 0; slot < settings.workers; slot++) beginWorker(slot, 0)
  beginIndexer(0)
  at(nowMs(), disturb)
  const stormEndsMs = nowMs() + settings.stormMs
  while (await time.step(stormEndsMs));
  calm = true
  faults.calm()
  note('calm')

  const rest = restOf({
    tables,
    requests,
    bank,
    bankWay,
    mail,
    line,
    chainTables,
    chain,
    nowMs,
    keyRetentionMs: settings.keyRetentionMs,
  })
  const patientUntilMs = nowMs() + patienceMs
  let quietSinceMs: number | undefined
  let nextLookMs = nowMs() + 60_000
  while (nowMs() < patientUntilMs) {
    const moved = await time.step(nextLookMs)
    if (nowMs() < nextLookMs && moved) continue
    nextLookMs = nowMs() + 60_000
    // A person lets what had only bad luck with its workers into the machine again; what has broken a law stays out.
    for (const { transfer, parked_reason } of tables.transfers.values())
      if (parked_reason?.endsWith('workers in a row were never heard of again')) await store.unparkTransfer(transfer.id)
    quietSinceMs = rest.isReached() ? (quietSinceMs ?? nowMs()) : undefined
    if (quietSinceMs !== undefined && nowMs() - quietSinceMs >= calmMs) break
  }

  return {
    seed,
    trace: trace.hash(),
    evidence: collect({
      ...{
        seed,
        settings,
        chainId,
        treasuryStartMinor: poolMinor,
        endMs: nowMs(),
        requests,
        bank,
        bankWay,
        moments,
        chain,
        line,
      },
      ...{ tables: store.dump(), unrest: rest.unrest() },
    }),
    struck: faults.struck,
    isAtRest: quietSinceMs !== undefined,
    kills,
    virtualMs: nowMs() - settings.startMs,
  }
}

const screeningFor = (process: Process, faults: Faults): Screening => {
  const list = denyListScreening({ name: 'sim 1', names: [deniedName], accounts: [], addresses: [] })
  return {
    check: order =>
      process.call('screening.check', undefined, async () => {
        if (faults.strikes('screening: does not answer')) return unknown('time-out')
        if (faults.strikes('screening: throws')) throw new Error('the list cannot be read')
        const outcome = await list.check(order)
        return outcome.kind === 'done'
          ? done(outcome.value)
          : outcome.kind === 'refused'
            ? refused(outcome.code, outcome.detail)
            : outcome
      }),
  }
}

/** Computes again when what it depends on has changed. */
const rememberedBy = <T>(key: () => string, compute: () => T): (() => T) => {
  let last: { readonly key: string; readonly value: T } | undefined
  return () => {
    const now = key()
    if (last?.key !== now) last = { key: now, value: compute() }
    return last.value
  }
}
