import type { ChainOrder, ChainTx } from '../../bridge-service/src/chains/chain.ts'
import { BridgeError } from '../../bridge-service/src/errors.ts'
import { done, type Outcome, refused, unknown } from '../../bridge-service/src/outcome.ts'
import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import { escrowIdOf, hashOf, type PooledTx, type SimChain } from './chain.ts'
import type { ChainLine } from './chain-line.ts'
import { type ChainState, type EscrowTerms, mintPayer, refusalOf, treasury } from './escrow.ts'
import type { Faults } from './faults.ts'
import { firstAsked } from './first-asked.ts'
import type { Scheduler } from './scheduler.ts'
import type { ChainSettings } from './settings.ts'

type Stored = {
  readonly order: ChainOrder
  readonly body: string
  readonly about: string
  hashes: `0x${string}`[]
  refusal: string | undefined
}

const stuckAfterMs = 60_000

/**
 * The chain behind its port: what an adapter promises, with the faults of nodes and networks. Signed transactions outlive every process, as
 * they do in the database.
 */
export const chainLine = (
  { nowMs }: Scheduler,
  random: Random,
  faults: Faults,
  chain: SimChain,
  { id, flavour, finalDepth }: ChainSettings,
  transferOf: (ref: string) => string | undefined,
): ChainLine => {
  const stored = new Map<string, Stored>()
  const { ask, onFirstAsked } = firstAsked()
  const conflicts: string[] = []
  const depth = flavour === 'stellar' ? 0 : finalDepth

  /** What a node would say to the call on its newest block, or on an older one. */
  const simulate = ({ action, terms }: ChainOrder, state: ChainState): string | undefined =>
    refusalOf({ action, terms, escrowId: escrowIdOf(terms) }, state, chain.circumstances, nowMs(), flavour)

  const sign = (entry: Stored): PooledTx => {
    const hash = hashOf(`${entry.order.key} ${entry.hashes.length}`)
    entry.hashes.push(hash)
    const { action, terms } = entry.order
    const delivery =
      flavour === 'stellar' && action === 'release' && faults.strikes('stellar: the payee has no trustline', entry.about)
    return {
      hash,
      action,
      terms,
      escrowId: escrowIdOf(terms),
      sender: 'bridge',
      about: entry.about,
      nonceOf: entry.order.key,
      sinceMs: nowMs(),
      ...(delivery ? { delivery: true } : {}),
    }
  }
  const txOf = new Map<string, PooledTx>()
  const signAndKeep = (entry: Stored): PooledTx => {
    const tx = sign(entry)
    txOf.set(tx.hash, tx)
    return tx
  }

  const mined = (entry: Stored) => entry.hashes.map(hash => chain.minedAs(hash)).find(found => found !== undefined)
  const answerFor = (hash: `0x${string}`, { order }: Stored): ChainTx => ({
    hash,
    nonce: order.key.slice(0, 8),
    sender: 'operator',
  })

  const submitOnce = (order: ChainOrder, about: string): Outcome<ChainTx> => {
    const known = stored.get(order.key)
    if (known !== undefined) {
      if (known.body !== JSON.stringify(order)) conflicts.push(order.key)
      if (known.body !== JSON.stringify(order)) throw new BridgeError('idempotency_conflict', { key: order.key })
      if (known.refusal !== undefined) return refused(known.refusal, 'it was refused before')
      const found = mined(known)
      if (found?.refusal !== undefined && found.height + depth <= chain.height()) return refused('reverted', found.refusal)
      if (found === undefined) resend(known)
      return done(answerFor(known.hashes.at(-1)!, known))
    }
    if (faults.strikes('stellar: no channel is free', about)) throw new BridgeError('chain_unavailable', { reason: 'no channel' })
    const isOld = faults.strikes('chain: simulates on an old state', about)
    const refusal = simulate(order, isOld ? chain.stateBefore(random.between(1, 3)) : chain.state())
    if (refusal !== undefined) return refused(refusal, 'it would revert')
    const entry: Stored = { order, body: JSON.stringify(order), about, hashes: [], refusal: undefined }
    stored.set(order.key, entry)
    const tx = signAndKeep(entry)
    if (faults.strikes('chain: a submission is stored and not sent', about)) return unknown('stored, and not sent')
    chain.broadcast(tx)
    return faults.strikes('chain: the answer to a submission is lost', about)
      ? unknown('time-out')
      : done(answerFor(tx.hash, entry))
  }

  const resend = (entry: Stored) => {
    const hash = entry.hashes.at(-1)!
    if (!entry.hashes.some(each => chain.isPooled(each))) chain.broadcast(txOf.get(hash)!)
  }

  const submit = async (order: ChainOrder, about: string): Promise<Outcome<ChainTx>> => {
    ask(order)
    if (faults.strikes('chain: does not answer a submission', about))
      throw new BridgeError('chain_unavailable', { reason: 'time-out' })
    if (faults.strikes('chain: refuses to pay the payee for a while', about))
      chain.circumstances.deniedUntilMs.set(escrowIdOf(order.terms), nowMs() + random.between(30, 3_000) * 1_000)
    if (faults.strikes('chain: two workers submit one order at once', about)) submitOnce(order, about)
    return submitOnce(order, about)
  }

  const find = async (key: string): Promise<Outcome<ChainTx>> => {
    const entry = stored.get(key)
    if (entry === undefined) return refused('not_found', 'no transaction was ever stored under this key')
    if (entry.refusal !== undefined) return refused(entry.refusal, 'it was built again, and then refused')
    if (faults.strikes('chain: does not answer a question', entry.about)) return unknown('the node does not answer')
    const found = mined(entry)
    if (found !== undefined && faults.strikes('chain: answers from an old state', entry.about)) return unknown('open')
    if (found === undefined && faults.strikes('chain: says done of what is only under way', entry.about))
      return done(answerFor(entry.hashes.at(-1)!, entry))
    if (found === undefined) return unknown('open')
    if (found.refusal === undefined) return done(answerFor(found.tx.hash, entry))
    return found.height + depth <= chain.height() ? refused('reverted', found.refusal) : unknown('reverted, but not final')
  }

  const open = () => [...stored.values()].filter(entry => entry.refusal === undefined && mined(entry) === undefined)

  /** Housekeeping of the senders: what the network has forgotten goes out again, what is stuck is replaced, what has expired is built again. */
  const tend = async (): Promise<void> => {
    for (const entry of open()) {
      const hash = entry.hashes.at(-1)!
      if (chain.isPooled(hash)) {
        const tx = txOf.get(hash)!
        if (nowMs() - tx.sinceMs > stuckAfterMs && faults.strikes('evm: a stuck transaction is replaced', entry.about))
          chain.replace(tx, signAndKeep(entry))
        else if (faults.strikes('stellar: an envelope expires', entry.about)) {
          chain.forget(hash)
          const refusal = simulate(entry.order, chain.state())
          if (refusal === undefined) chain.broadcast(signAndKeep(entry))
          else entry.refusal = refusal
        }
      } else resend(entry)
    }
  }

  return {
    escrowIdOf,
    onFirstAsked,
    sent: [],
    conflicts,
    lockMayCome: ref => open().some(({ order }) => order.action === 'lock' && order.terms.ref === ref),
    tendFromMs: () => (open().length > 0 ? nowMs() : Number.POSITIVE_INFINITY),
    isAtRest: () => open().length === 0,
    chainFor: process => {
      const about = (terms: EscrowTerms) => transferOf(terms.ref)
      return {
        id,
        treasury,
        escrow: `0x${'33'.repeat(20)}`,
        escrowId: escrowIdOf,
        parseAddress: text => text,
        supports: () => true,
        submit: order =>
          process.call('chain.submit', about(order.terms), () => submit(order, about(order.terms) ?? order.terms.ref)),
        find: key => process.call('chain.find', stored.get(key)?.about, () => find(key)),
        tend: () => process.call('chain.tend', undefined, tend),
        tokenAddress: () => mintPayer,
        committedBy: 'escrow',
        mintPayer: () => mintPayer,
        unitsPerMinor: () => 1n,
        mintRights: async () => ({ locksInEscrow: true, perTransactionMinor: '1000000000000' }),
        supplyOf: async () => chain.state().mintedMinor.toString(),
        balanceOf: async () => chain.state().treasuryMinor.toString(),
      }
    },
  }
}
