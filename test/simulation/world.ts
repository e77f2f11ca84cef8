import { chartFor } from '../../bridge-service/src/ledger/chart.ts'
import type { Log } from '../../bridge-service/src/log.ts'
import { done, refused, unknown } from '../../bridge-service/src/outcome.ts'
import { denyListScreening, type Screening } from '../../bridge-service/src/policy/screening.ts'
import type { SagaStore } from '../../bridge-service/src/saga/store.ts'
import { addressTermsOf, depositOf } from '../../bridge-service/src/transfer/hold.ts'
import { randomFrom } from '../../scripts/fuzz/reorg/random.ts'
import { addressesDueMs } from './addresses-due.ts'
import { bookArrivals } from './bank/arrivals.ts'
import { openBank } from './bank/bank.ts'
import { postBankMail } from './bank/mail.ts'
import { bankLine } from './bank/rail.ts'
import { writeStatement } from './bank/statement.ts'
import type { FaultName } from './catalogue.ts'
import { openNetwork } from './chain/networks.ts'
import { denied, sendClients } from './clients.ts'
import { collect } from './collect.ts'
import type { Evidence } from './evidence.ts'
import { drawFaults, type Faults, type Struck } from './faults.ts'
import { mindHalts } from './house/halts.ts'
import { openOffice } from './house/office.ts'
import { callingForPersons, staff } from './house/staff.ts'
import { finalFactsOf, type Halt, haltOf } from './indexer/indexer.ts'
import { beginIndexer } from './indexer/process.ts'
import { answerOnce } from './memory/answer-once.ts'
import type { Around } from './memory/connection.ts'
import { keepSignedLock } from './memory/deposit-store.ts'
import { settleReceivable } from './memory/settle-receivable.ts'
import { memoryStore } from './memory-store.ts'
import { watchMoments } from './moments.ts'
import { letOperatorsIn } from './operators.ts'
import { type Process, startProcess } from './process.ts'
import { isOver, restOf } from './rest.ts'
import { bankOf, otherAccount, ownAccount } from './routes/wanted.ts'
import { scheduler } from './scheduler.ts'
import type { PlantEvm } from './senders/evm/line.ts'
import type { PlantStellar } from './senders/stellar/line.ts'
import { drawFeatures, drawSettings, features, type Settings } from './settings.ts'
import { addressLine, depositLine, operatorLine, refundLine, statementLine, storeLine } from './store-line.ts'
import { traceOf } from './trace.ts'
import { type Hands, type Plant, type Ports, startWorker, verifierFor, type Worker } from './worker.ts'

export type WorldOptions = {
  readonly plant?: Plant
  readonly plantEvm?: PlantEvm
  readonly plantStellar?: PlantStellar
  /** Faults that strike in this world in any case, if they fit it. */
  readonly wanted?: readonly FaultName[] | undefined
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

// Who has signed is the API's business, which checks it before it is kept.
const signed = { validAfter: 0, validBefore: 2 ** 40, signature: `0x${'11'.repeat(64)}1b` } as const

// After the storm everything has this long to come to rest. The slowest thing the service does is to ask again every quarter of an hour.
const patienceMs = 5 * 3_600_000
const calmMs = 20 * 60_000
// What is left to persons often is so at the end of the storm.
const personsStayMs = 30 * 60_000
const lookEveryMs = 60_000

/** Lets one world live that its seed decides alone. */
export const runWorld = async (
  seed: number,
  { plant, plantEvm, plantStellar, wanted, show }: WorldOptions = {},
): Promise<World> => {
  const random = randomFrom(seed)
  const wantedFeatures = features.filter(each => wanted?.some(name => name.startsWith(`${each}: `)))
  // With dice of their own: a world without them is the world that it was.
  const settings = drawSettings(random, drawFeatures(randomFrom(seed + 2 ** 31), wantedFeatures))
  const time = scheduler(settings.startMs)
  const { nowMs, at } = time
  const trace = traceOf(nowMs, show)
  const { note } = trace
  const store = memoryStore(nowMs)
  const { tables } = store.database
  const poolMinor = BigInt(random.pick([1_500, 4_000, 40_000])) * 1_000_000n
  const openings = openingsOf(settings, poolMinor / 10_000n)
  await store.openAccounts(
    chartFor({
      banks: [...openings.keys()].map(account => ({ rail: bankOf(account), currency: 'USD' })),
      partners: ['EUR'],
      tokens: settings.chains.map(({ id }) => ({ chain: id, currency: 'USDC' })),
    }),
  )
  for (const { id } of settings.chains) await store.openPool({ id: `${id}:USDC`, currency: 'USDC', total: poolMinor })
  for (const [account, total] of openings) await store.openPool({ id: `${bankOf(account)}:USD`, currency: 'USD', total })

  const open = () => [...tables.transfers.values()].filter(row => !isOver(row.transfer.state)).map(row => row.transfer.id)
  const flavours = settings.chains.map(({ flavour }) => flavour)
  const fits = (name: string) =>
    (['evm', 'stellar'] as const).every(each => flavours.includes(each) || !name.startsWith(`${each}: `)) &&
    features.every(each => settings.features.has(each) || !name.startsWith(`${each}: `))
  const faults = drawFaults(random, fits, open, note, [...(wanted ?? []), ...callingForPersons(settings, random)])
  const transferOf = (ref: string) => tables.by_ref.get(ref)

  const house = {
    ...{ note, transferOf, leaseMs: settings.leaseMs },
    transferOfKey: (key: string) => tables.intents.get(key)?.transfer_id,
    ...(plantEvm && { plantEvm }),
    ...(plantStellar && { plantStellar }),
  }
  const networks = new Map(
    settings.chains.map(chain => [chain.id as string, openNetwork(time, random, faults, chain, poolMinor, house)]),
  )
  const all = [...networks.values()]
  const banks = [...openings.keys()].map(bankOf)
  const operators = letOperatorsIn(time, random, faults, store, [...banks, ...networks.keys()], open)
  const chainTables = new Map(all.map(network => [network.settings.id as string, network.tables]))
  const bank = openBank(time, random, faults, settings, transfer => releasedOn(transfer))
  const statement = writeStatement(time, random, faults, bank, openings, settings)
  const arrivals = bookArrivals(time, random, faults, bank, statement)
  const statementFromMs = () =>
    Math.min(
      ...statement.accounts.map(account =>
        statement.newsFromMs(account, tables.bank_statements.get(`${bankOf(account)} ${account}`)?.cursor),
      ),
    )
  const bankWay = bankLine(time, random, faults, bank, statement, settings)
  const releasedOn = (transfer: string) =>
    all.some(({ chain }) =>
      [...chain.state().escrows.values()].some(
        ({ status, terms }) => status === 'released' && transferOf(terms.ref) === transfer,
      ),
    )

  const { moments, ofBank, ofChain } = watchMoments(networks, tables, nowMs)
  bank.onFirstAsked(ofBank)
  for (const { settings, line } of all) line.onFirstAsked(order => ofChain(settings.id, order))

  let kills = 0
  let downUntilMs = 0
  let frozenMs = 0
  const log: Log = (level, message, fields) => {
    if (level === 'error') note(`log ${message} ${JSON.stringify(fields)}`)
  }

  /** When a poll of the database may find something; the same until somebody writes. */
  const finalNow = rememberedBy(
    [store.database.generation, ...all.flatMap(({ tables }) => [() => tables.latest, () => haltOf(tables)])],
    () => finalFactsOf(store, chainTables, 100).length > 0,
  )
  const addressesFromMs = rememberedBy(
    [
      store.database.generation,
      ...all.map(
        ({ chain }) =>
          () =>
            chain.blocks.at(-1),
      ),
    ],
    () => addressesDueMs(networks, tables, nowMs()),
  )
  const deskFromMs = () => Math.min(store.nextDeskMs(), addressesFromMs())
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
    const isUp = () => nowMs() >= downUntilMs
    const around = storeLine(process, faults, isUp)
    const connection = store.connect(around)
    process.onCut(connection.cut)
    const deposits = store.deposits(depositLine(process, faults, isUp))
    const addresses = store.addresses(addressLine(process, faults, isUp))
    const statements = store.statements(statementLine(process, faults, isUp))
    const refunds = store.refunds(refundLine(process, faults, isUp))
    const atOperators = operatorLine(process, faults, isUp)
    const hands: Hands = { settle: (tx, settlement) => settleReceivable(store.database, tx, settlement) }
    const speak: Ports['speak'] = (call, key, about, act) => atOperators(call, about, () => answerOnce(store.database, key, act))
    const beside = { deposits, addresses, statements, refunds, hands, speak }
    const ports = portsFor(process, connection.store, beside, around)
    const owner = process.name
    const planted =
      plant?.(ports, { settings, memory: store, chains: chainTables, draw: () => random.between(0, 999_999) / 1_000_000 }) ??
      ports
    startWorker(
      process,
      store,
      planted,
      id => networks.get(id)!.line.tendFromMs,
      deskFromMs,
      { banks, accounts: statement.accounts, newsFromMs: statementFromMs },
      { leaseMs: settings.leaseMs, pollMs: settings.pollMs, owner, newUuid: () => random.hex(16).slice(2) },
      log,
    ).then(
      worker => {
        if (process.isAlive()) workers[slot] = worker
      },
      // It could not read the database's clock: whoever supervises it starts it again.
      () => process.kill(),
    )
  }
  const portsFor = (
    process: Process,
    saga: SagaStore,
    beside: Pick<Ports, 'deposits' | 'addresses' | 'statements' | 'refunds' | 'hands' | 'speak'>,
    around: Around,
  ): Ports => {
    const looked = new Map<string, number>()
    const versionOfTransfer = (id: string) => tables.transfers.get(id)?.transfer.version ?? 0
    const versionOf = (key: string) => versionOfTransfer(tables.intents.get(key)?.transfer_id ?? '')
    return {
      store: {
        ...saga,
        loadPools: async ids => {
          const pools = await saga.loadPools(ids)
          for (const id of ids) if (faults.strikes('database: somebody else is quicker at a pool')) await store.disturbPool(id)
          return pools
        },
        holdsIntent: async intent => {
          const version = versionOf(intent.key)
          const holds = await saga.holdsIntent(intent)
          looked.set(intent.key, version)
          return holds
        },
      },
      ...beside,
      refunds: {
        ...beside.refunds,
        claim: async () => {
          const versions = new Map([...tables.refunds.values()].map(row => [row.id, versionOfTransfer(row.refund_of)]))
          const claimed = await beside.refunds.claim()
          for (const { id, request } of claimed) looked.set(request.key, versions.get(id) ?? 0)
          return claimed
        },
      },
      // Under one key one answer, as the API gives it.
      openRefund: request =>
        process.call('refunds.open', request.transferId, async () => tables.refunds.get(request.id) ?? store.openRefund(request)),
      rail: bankWay.railFor(process, verifierFor(process), key => looked.get(key) ?? versionOf(key)),
      chains: new Map(all.map(({ settings, line }) => [settings.id, line.chainFor(process, around)])),
      screening: screeningFor(process, faults),
      keyRetentionMs: settings.keyRetentionMs,
      isHeld: operators.isHeld,
      finalFacts: limit => process.call('store.finalFacts', undefined, async () => finalFactsOf(store, chainTables, limit)),
    }
  }
  const anyWorker = (): Worker | undefined => {
    const alive = workers.filter(worker => worker?.process.isAlive())
    return alive.length === 0 ? undefined : random.pick(alive)
  }

  const office = openOffice(time, random, faults, store, anyWorker, note)
  const minders = mindHalts(time, random, faults, office)
  const wakeWorkers = () => {
    // The notice of new rows may get lost; polling finds them.
    for (const worker of workers) if (random.chance(0.8)) worker?.wake()
  }
  for (const network of all) {
    const onHalt = (halt: Halt) => minders.see(network.settings.id, network.tables, halt)
    beginIndexer(time, random, faults, store, network, processNamed, wakeWorkers, onHalt)
  }

  const mail = postBankMail(
    time,
    random,
    faults,
    bank,
    bankWay,
    async delivery => (await anyWorker()?.receive(delivery)) ?? false,
  )
  /** What a client does who is told that his transfer is there. */
  const bringDeposit = (transfer: string) => {
    const row = tables.transfers.get(transfer)
    const deposit = row && depositOf(row.transfer.terms)
    if (deposit === undefined) return
    const { strangers, remitters } = networks.get(deposit.chain)!
    const atAddress = addressTermsOf(deposit)
    if (atAddress !== undefined) return remitters.deposit(transfer, atAddress, Date.parse(deposit.dueAt))
    // The API is as good as its database: whoever gets no answer locks by himself or not at all.
    strangers.deposit(transfer, deposit.terms, Date.parse(deposit.dueAt), () => {
      void keepSignedLock(store.database, row!.transfer.id, deposit.chain, { terms: deposit.terms, signed }).catch(() => {})
    })
  }
  const requests = sendClients(time, random, faults, settings, poolMinor, anyWorker, bringDeposit)
  const persons = staff(time, random, faults, settings, store, office, { bank, statement, openings }, anyWorker, bringDeposit)
  const told = new Set<string>()
  for (const { chain } of all)
    chain.onBlock(() => {
      for (const { status, terms } of chain.state().escrows.values()) {
        const transfer = transferOf(terms.ref)
        if (status === 'released' && transfer !== undefined && !told.has(transfer)) {
          told.add(transfer)
          bank.released(transfer)
        }
      }
    })

  // What happens to whole machines.
  const disturb = () => {
    if (calm) return
    at(nowMs() + 5_000, disturb)
    for (const worker of workers) {
      if (worker === undefined) continue
      if (faults.strikes('worker: is killed from outside')) worker.process.kill()
      else if (faults.strikes('worker: freezes past its lease')) {
        const forMs = settings.leaseMs + random.between(1, 60) * 1_000
        frozenMs = Math.max(frozenMs, forMs)
        worker.process.freeze(forMs)
      }
    }
    if (faults.strikes('database: restarts')) {
      downUntilMs = nowMs() + random.between(100, 10_000)
      store.restart()
    }
  }
  let calm = false

  for (const { chain } of all) chain.start()
  for (let slot = 0; slot < settings.workers; slot++) beginWorker(slot, 0)
  at(nowMs(), disturb)
  operators.start()
  persons.start()
  const stormEndsMs = nowMs() + settings.stormMs
  await time.run(stormEndsMs)
  calm = true
  faults.calm()
  at(nowMs() + personsStayMs, persons.goHome)
  note('calm')

  const rest = restOf({
    tables,
    requests,
    bank,
    bankWay,
    mail,
    networks: all,
    persons,
    arrivals,
    nowMs,
    isStatementRead: () => statementFromMs() === Number.POSITIVE_INFINITY,
    keyRetentionMs: settings.keyRetentionMs,
  })
  const patientUntilMs = nowMs() + patienceMs
  let quietSinceMs: number | undefined
  while (nowMs() < patientUntilMs) {
    await time.run(nowMs() + lookEveryMs)
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
        openings,
        endMs: nowMs(),
        frozenMs,
        requests: [...requests, ...persons.providers],
        bank,
        bankWay,
        statement,
        moments,
        pauses: operators.pauses,
        papers: office.papers,
        persons,
        arrivals: arrivals.lines,
        networks: all,
      },
      ...{ tables: store.dump(), inbox: tables.inbox, unrest: rest.unrest() },
    }),
    struck: faults.struck,
    isAtRest: quietSinceMs !== undefined,
    kills,
    virtualMs: nowMs() - settings.startMs,
  }
}

const screeningFor = (process: Process, faults: Faults): Screening => {
  const list = denyListScreening({ name: 'sim 1', names: [denied.name], accounts: [], addresses: [denied.address] })
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

/** What our accounts at banks begin with: one, and another where money is moved between them. */
const openingsOf = ({ features }: Settings, minor: bigint): ReadonlyMap<string, bigint> =>
  new Map([[ownAccount, minor], ...(features.has('rebalance') ? [[otherAccount, minor / 4n] as const] : [])])

/** Computes again when something that it depends on has changed. */
const rememberedBy = <T>(dependsOn: readonly (() => unknown)[], compute: () => T): (() => T) => {
  const last: unknown[] = []
  let value: { readonly of: T } | undefined
  return () => {
    dependsOn.forEach((read, index) => {
      const now = read()
      if (now === last[index]) return
      last[index] = now
      value = undefined
    })
    value ??= { of: compute() }
    return value.of
  }
}
