import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { type Block, type BlockRef, place } from '../canonical.ts'
import type { StellarChainConfig } from '../config.ts'
import { IndexerError } from '../errors.ts'
import { type Approval, resumeOurs } from '../resume.ts'
import { commitBatch, createHead, haltChain, readCanonicalHash, readHead, wakeSaga } from '../store.ts'
import { type Followed, stopFor, takeTurns } from '../turns.ts'
import { createBell } from './bell.ts'
import type { Header } from './header.ts'
import { balancesEnded, type DecodedLedger, decodeLedger, interpretLedgers } from './interpret-ledgers.ts'
import { readKnownBalances } from './known-balances.ts'
import { headersFrom, readLedgers } from './read-ledgers.ts'
import type { LedgerSource } from './source.ts'
import type { Watched } from './watched.ts'

export type FollowedStellar = Followed & { readonly config: StellarChainConfig; readonly source: LedgerSource }

type Held = { readonly cursor: BlockRef }

/** What a look at the node shows. `latest` is its newest ledger. */
type Found = { readonly latest: bigint } & (
  | { readonly kind: 'next'; readonly ledgers: readonly DecodedLedger[] }
  /** Nothing new. */
  | { readonly kind: 'idle' }
  /** Nothing above our cursor, and its newest ledger tells whether it is our network. */
  | { readonly kind: 'behind'; readonly theirs: Header }
  /** It serves another history. */
  | { readonly kind: 'reset'; readonly why: string; readonly rivals: readonly Block[] }
  /** What comes next is no longer there. */
  | { readonly kind: 'gap'; readonly oldest: bigint }
)

/** Follows one Stellar network until `signal` fires, the chain is halted or its configuration is refused. Never throws. */
export const followStellar = async (followed: FollowedStellar, signal: AbortSignal): Promise<void> => {
  const { config, source, status, metrics, log } = followed
  const chain = config.id
  const watched = watchedOf(config)
  const networkId = createHash('sha256').update(config.passphrase).digest()
  const silenceMs = config.silentCloses * config.expectedCloseMs
  let newestAt = performance.now()
  let strangerSince: number | undefined

  const look = async ({ cursor }: Held): Promise<Found> => {
    const { passphrase, oldest, latest } = await source.state()
    if (passphrase !== config.passphrase) return { kind: 'reset', latest, why: `its passphrase is ${passphrase}`, rivals: [] }
    if (latest <= cursor.number) {
      const [theirs] = await headersFrom(source, latest, 1)
      return theirs ? { kind: 'behind', latest, theirs } : { kind: 'idle', latest }
    }
    if (oldest > cursor.number + 1n) return { kind: 'gap', latest, oldest }
    const ledgers = await readLedgers(source, cursor.number + 1n, config.batchSize)
    const first = ledgers[0]?.header
    if (first === undefined) return { kind: 'idle', latest }
    if (place([cursor], first) === 'next') {
      return { kind: 'next', latest, ledgers: ledgers.map(ledger => decodeLedger(ledger, networkId)) }
    }
    const [theirs] = await source.headers(cursor.number, 1)
    if (theirs?.hash === cursor.hash)
      throw new IndexerError('node_inconsistent', { reason: 'does not link', ledger: first.number })
    const rivals = theirs?.number === cursor.number ? [theirs, first] : [first]
    return { kind: 'reset', latest, why: `its ledger ${first.number} does not follow ours`, rivals }
  }

  const halt = async (db: ClientBase, { cursor }: Held, reason: string, rivals: readonly Block[]) => {
    await haltChain(db, { chain, from: cursor, reason, blocks: rivals, events: [] })
    stopFor(followed, 'halted', reason)
    return undefined
  }

  const commit = async (db: ClientBase, { cursor }: Held, ledgers: readonly DecodedLedger[]): Promise<Held> => {
    const known = await readKnownBalances(db, chain, balancesEnded(ledgers))
    const { events, anomalies } = interpretLedgers(ledgers, watched, known)
    const blocks = ledgers.map(({ header }) => header)
    const tip = blocks[blocks.length - 1]!
    // A closed ledger is final.
    const heights = { safe: tip.number, finalized: tip.number }
    await commitBatch(db, { chain, from: cursor, ancestor: cursor, blocks, events, anomalies, heights, mode: 'closed' })
    metrics.blocks.inc({ chain }, blocks.length)
    metrics.events.inc({ chain }, events.length)
    metrics.anomalies.inc({ chain }, anomalies.length)
    for (const { envelopeXdr: _, resultXdr: __, ...anomaly } of anomalies) {
      log('error', 'a transaction that a person should look at', { chain, ...anomaly })
    }
    // Also without events: waits for finality may have come due.
    await wakeSaga(db)
    newestAt = performance.now()
    return { cursor: { number: tip.number, hash: tip.hash } }
  }

  const report = ({ cursor }: Held, latest: bigint) => {
    const silent = performance.now() - newestAt > silenceMs
    if (silent && status.state !== 'silent') log('error', 'no new ledger for too long', { chain, cursor, latest, silenceMs })
    status.state = silent ? 'silent' : 'following'
    status.reason = undefined
    status.nodeHeight = latest
    status.cursorHeight = cursor.number
    status.heights = { safe: cursor.number, finalized: cursor.number }
    status.mode = 'closed'
  }

  /** A node that has no more than we have lags, unless what it has is not ours. */
  const judge = async (db: ClientBase, held: Held, theirs: Header) => {
    const ours = await readCanonicalHash(db, chain, theirs.number)
    if (ours === theirs.hash) strangerSince = undefined
    else if (ours !== undefined) return `its ledger ${theirs.number} is ${theirs.hash}`
    else {
      // Below our first ledger we have nothing to compare. A network never gets younger; a node that is being filled may look like it.
      strangerSince ??= performance.now()
      if (performance.now() - strangerSince > silenceMs)
        return `it has nothing above ledger ${theirs.number}, we have ${held.cursor.number}`
    }
    return undefined
  }

  const act = async (db: ClientBase, held: Held, found: Found) => {
    switch (found.kind) {
      case 'next': {
        strangerSince = undefined
        const next = await commit(db, held, found.ledgers)
        report(next, found.latest)
        return { held: next, more: next.cursor.number < found.latest }
      }
      case 'idle':
        report(held, found.latest)
        return { held, more: false }
      case 'behind': {
        const why = await judge(db, held, found.theirs)
        if (why !== undefined) return halt(db, held, `network_reset: ${why}`, [found.theirs])
        report(held, found.latest)
        return { held, more: false }
      }
      case 'reset':
        return halt(db, held, `network_reset: ${found.why}`, found.rivals)
      case 'gap':
        return halt(db, held, `history_gap: ledger ${held.cursor.number + 1n} comes next, its oldest is ${found.oldest}`, [])
    }
  }

  // Another network's history has no ancestor in ours, and a hole in it cannot be filled.
  const obey = async (db: ClientBase, approval: Approval) => {
    if (approval.branch === 'theirs') return 'no_common_ancestor'
    await resumeOurs(db, chain, approval)
    return undefined
  }

  const bell = createBell()
  const done = new AbortController()
  const listening = source.listen?.(bell.ring, AbortSignal.any([signal, done.signal]))
  const { pollMs } = config
  await takeTurns(
    followed,
    { pollMs, load: db => load(db, followed), look, act, obey, rest: stop => bell.wait(pollMs, stop) },
    signal,
  )
  done.abort()
  await listening
}

/** Where the tables stand; begins the chain when it is new. Undefined: not yet, or never (see the status). */
const load = async (db: ClientBase, followed: FollowedStellar): Promise<Held | undefined> => {
  const { config, source, status } = followed
  const accounts = `${config.accounts.treasury} ${config.accounts.cold}`
  const head = await readHead(db, config.id)
  if (head?.haltedReason !== undefined) return void stopFor(followed, 'halted', head.haltedReason)
  if (head && head.escrow !== accounts) return void stopFor(followed, 'refused', 'accounts_mismatch')
  if (head) return { cursor: head.cursor }
  const { passphrase, oldest, latest } = await source.state()
  const before = config.startLedger - 1n
  if (passphrase !== config.passphrase) return void stopFor(followed, 'refused', 'network_mismatch')
  if (oldest > before) return void stopFor(followed, 'refused', 'history_gap')
  if (latest < before) {
    status.state = 'starting'
    status.reason = 'start_ledger_not_reached'
    return undefined
  }
  const [anchor] = await headersFrom(source, before, 1)
  if (anchor === undefined) throw new IndexerError('node_inconsistent', { reason: 'has no such ledger', asked: before })
  await createHead(db, config.id, accounts, anchor)
  return { cursor: anchor }
}

const watchedOf = ({ passphrase, accounts, assets }: StellarChainConfig): Watched => ({
  passphrase,
  hot: accounts.treasury,
  cold: accounts.cold,
  tokens: new Set(Object.values(assets).map(({ code, issuer }) => `${code}:${issuer}`)),
})
