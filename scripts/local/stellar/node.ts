import type { SubmitAnswer } from './answer.ts'
import type { ClosedLedger } from './closed-ledger.ts'
import { cores } from './core.ts'
import { type Faults, openFaults, type Route, type Way } from './faults.ts'
import { networkIdOf } from './genesis.ts'
import { type History, openHistory } from './horizon/history.ts'
import { openPastStates, type PastStates } from './horizon/past-states.ts'
import { openJournalFile, type Past } from './journal-file.ts'
import type { LedgerState } from './ledger/state.ts'
import { openStellarNetwork, type StellarNetwork } from './network.ts'
import { type Bid, fillUnderSurge } from './surge.ts'
import { decodeEnvelope } from './transaction/decode.ts'
import type { Transaction } from './transaction/transaction.ts'

/** What a reader may know: history and state up to an ingested ledger, back to an elder one. */
export type View = {
  readonly latest: number
  readonly elder: number
  readonly coreLatest: number
  readonly history: History
  readonly state: LedgerState
  /** Unix seconds; undefined for a ledger that history does not reach. */
  readonly closeTimeOf: (ledger: number) => number | undefined
}

export type NodeSettings = {
  readonly passphrase: string
  /** Keeps the network; without it, it ends with the process. */
  readonly folder?: string
  /** Unix seconds; the wall's when absent. */
  readonly genesisTime?: number
  /** Operations that a ledger takes; 1,000 when absent. */
  readonly maxTxSetSize?: number
  /** Core refuses what is not valid for two ledgers more; 5 when absent, as on the public network. */
  readonly expectedCloseSeconds?: number
}

/** A core with a Horizon that ingests it, without their doors. */
export type StellarNode = {
  readonly passphrase: string
  readonly faults: Faults
  /** The network as it is, whatever Horizon shows. */
  readonly network: () => StellarNetwork
  /** Throws when the text is no envelope in base64. */
  readonly decode: (envelope: string) => Transaction
  /** What the queue answers, when the answer arrives. */
  readonly submit: (envelope: string, transaction: Transaction, way: Way) => SubmitAnswer | Lost
  /** Closes a ledger at this Unix second; at the wall's when absent, but never before the last one. */
  readonly close: (closeTime?: number) => ClosedLedger
  /** A new genesis; the old network is gone, with its history. */
  readonly reset: (genesisTime?: number) => void
  /** What a request for this resource is shown: an old state when it hits a stale replica. */
  readonly view: (route: Route) => View
  /** What is ingested. */
  readonly now: () => View
  /** After each close and reset, and whenever a fault comes or goes. Gives back how to stop it. */
  readonly onChange: (listener: () => void) => () => void
  readonly stop: () => void
}

/** No answer: Horizon gave up waiting (504), or the line broke. */
export type Lost = { readonly status: 'LOST'; readonly by: 'timeout' | 'disconnect' }

type Chain = {
  readonly network: StellarNetwork
  readonly history: History
  readonly states: PastStates
  readonly room: number
  ingested: number
}

export const openNode = (settings: NodeSettings): StellarNode => {
  const networkId = networkIdOf(settings.passphrase)
  const journal = openJournalFile(settings.folder)
  const listeners = new Set<() => void>()
  const faults = openFaults(() => catchUp())
  const bids = new Map<string, Bid>()
  const doomed = new Set<string>()

  const begin = (genesisTime: number, past?: Past): Chain => {
    const genesis = past?.genesis ?? {
      passphrase: settings.passphrase,
      genesisTime,
      maxTxSetSize: settings.maxTxSetSize ?? 1_000,
      expectedCloseSeconds: settings.expectedCloseSeconds ?? 5,
    }
    if (genesis.passphrase !== settings.passphrase)
      throw new Error(`the folder holds a network with the passphrase ${genesis.passphrase}`)
    if (!past) journal.begin(genesis)
    const network = openStellarNetwork({ ...genesis, journal: past?.steps ?? [], onRecord: journal.append })
    const [history, states] = [openHistory(), openPastStates()]
    for (const ledger of network.ledgers) {
      history.add(ledger)
      states.apply(ledger.sequence, ledger.changes)
    }
    return { network, history, states, room: genesis.maxTxSetSize, ingested: network.last().sequence }
  }
  let chain = begin(settings.genesisTime ?? wallSeconds(), journal.past)

  const notify = () => {
    for (const listener of [...listeners]) listener()
  }
  const ingest = (lag = 0) => {
    chain.ingested = Math.max(chain.ingested, chain.network.last().sequence - lag)
  }
  const catchUp = () => {
    ingest(faults.current('ingestion_lag')?.ledgers)
    notify()
  }

  const viewUpTo = (wanted: number): View => {
    const { network, history, states } = chain
    const first = network.ledgers[0]!.sequence
    const latest = Math.max(first, wanted)
    const elder = Math.max(first, latest + 1 - (faults.current('history_trimmed')?.keep ?? latest))
    return {
      latest,
      elder,
      coreLatest: network.last().sequence,
      history,
      state: states.at(latest),
      closeTimeOf: ledger => (ledger >= elder && ledger <= latest ? history.ledger(ledger)?.closed.closeTime : undefined),
    }
  }

  /** Of what is no longer in the queue: included, replaced, or too old. */
  const forgetBids = () => {
    const waiting = new Set(chain.network.pending())
    for (const hash of bids.keys()) if (!waiting.has(hash)) bids.delete(hash)
  }
  return {
    passphrase: settings.passphrase,
    faults,
    network: () => chain.network,
    decode: envelope => decodeEnvelope(envelope, networkId, cores.current),
    submit: (envelope, transaction, way) => {
      const { hash, source, fee, operationCount } = transaction
      const hashes = transaction.kind === 'feeBump' ? [hash, transaction.inner.hash] : [hash]
      const subject = { on: way, account: source, hashes }
      if (faults.take('timeout_before', subject)) return { status: 'LOST', by: 'timeout' }
      if (faults.take('disconnect_before', subject)) return { status: 'LOST', by: 'disconnect' }
      const answer = chain.network.submit(envelope)
      if (answer.status !== 'PENDING') return answer
      bids.set(hash, { maxFee: fee, operations: operationCount })
      if (faults.take('drop', subject)) doomed.add(hash)
      if (faults.take('timeout_after', subject)) return { status: 'LOST', by: 'timeout' }
      if (faults.take('disconnect_after', subject)) return { status: 'LOST', by: 'disconnect' }
      return answer
    },
    close: closeTime => {
      const { network, history, states, room } = chain
      for (const hash of doomed) network.drop(hash)
      doomed.clear()
      forgetBids()
      fillUnderSurge(network, faults, [...bids.values()], room)
      const ledger = network.close(closeTime ?? Math.max(network.last().closeTime, wallSeconds()))
      history.add(ledger)
      states.apply(ledger.sequence, ledger.changes)
      forgetBids()
      ingest(faults.take('ingestion_lag')?.ledgers)
      notify()
      faults.take('history_trimmed')
      return ledger
    },
    reset: (genesisTime = wallSeconds()) => {
      bids.clear()
      doomed.clear()
      chain = begin(genesisTime)
      notify()
    },
    view: route => viewUpTo(chain.ingested - (faults.take('stale_history', { on: route })?.ledgers ?? 0)),
    now: () => viewUpTo(chain.ingested),
    onChange: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: () => {
      listeners.clear()
      journal.close()
    },
  }
}

const wallSeconds = () => Math.floor(Date.now() / 1_000)
