import type { ChainOrder, ChainTx } from '../../../bridge-service/src/chains/chain.ts'
import type { StrayMoney, WayBack } from '../../../bridge-service/src/chains/deposits.ts'
import { BridgeError } from '../../../bridge-service/src/errors.ts'
import { done, type Outcome, refused, unknown } from '../../../bridge-service/src/outcome.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { EscrowTerms } from '../escrow-terms.ts'
import type { Faults } from '../faults.ts'
import { firstAsked } from '../first-asked.ts'
import { tokenOf } from '../indexer/indexer.ts'
import type { Scheduler } from '../scheduler.ts'
import type { ChainSettings } from '../settings.ts'
import { addressPort } from './address-port.ts'
import { addressOf } from './at-address.ts'
import { ownToken } from './brought.ts'
import { type OrdersOf, planOfDeposit, planOfReturn, wayBackOf } from './brought-requests.ts'
import type { PooledTx, SimChain } from './chain.ts'
import { type ChainState, isOpen, mintPayer, treasury } from './escrow.ts'
import { escrowIdOf, hashOf, paymentIdOf } from './ids.ts'
import type { ChainLine } from './line.ts'
import { type ChainRequest, type Plan, planOfContract } from './request.ts'

type Stored = {
  readonly request: ChainRequest
  plan: Plan
  hashes: `0x${string}`[]
  refusal: string | undefined
}

const stuckAfterMs = 60_000

/**
 * The chain behind its port: what an adapter promises, with the faults of nodes and networks. Signed transactions outlive every process, as
 * they do in the database.
 */
export const chainLine = (
  time: Scheduler,
  random: Random,
  faults: Faults,
  chain: SimChain,
  { id, flavour, finalDepth, hasAddresses }: ChainSettings,
  transferOf: (ref: string) => string | undefined,
): ChainLine => {
  const { nowMs } = time
  const stored = new Map<string, Stored>()
  const { ask, onFirstAsked } = firstAsked()
  const conflicts: string[] = []
  const depth = flavour === 'stellar' ? 0 : finalDepth

  const sign = (entry: Stored): PooledTx => {
    const { key, about } = entry.request
    const hash = hashOf(`${key} ${entry.hashes.length}`)
    entry.hashes.push(hash)
    const delivery =
      flavour === 'stellar' && entry.plan.action === 'release' && faults.strikes('stellar: the payee has no trustline', about)
    return {
      ...entry.plan,
      ...{ hash, about, sender: 'bridge', nonceOf: key, sinceMs: nowMs() },
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
  const answerFor = (hash: `0x${string}`, { request }: Stored): ChainTx => ({
    hash,
    nonce: request.key.slice(0, 8),
    sender: 'operator',
  })

  const submitOnce = (request: ChainRequest): Outcome<ChainTx> => {
    const { key, body, about } = request
    const known = stored.get(key)
    if (known !== undefined) {
      if (known.request.body !== body) conflicts.push(key)
      if (known.request.body !== body) throw new BridgeError('idempotency_conflict', { key })
      if (known.refusal !== undefined) return refused(known.refusal, 'it was refused before')
      const found = mined(known)
      if (found?.refusal !== undefined && found.height + depth <= chain.height()) return refused('reverted', found.refusal)
      if (found === undefined) resend(known)
      return done(answerFor(known.hashes.at(-1)!, known))
    }
    if (faults.strikes('stellar: no channel is free', about)) throw new BridgeError('chain_unavailable', { reason: 'no channel' })
    const isOld = faults.strikes('chain: simulates on an old state', about)
    const plan = request.plan(isOld ? chain.stateBefore(random.between(1, 3)) : chain.state())
    if (typeof plan === 'string') return refused(plan, 'it would revert')
    const entry: Stored = { request, plan, hashes: [], refusal: undefined }
    stored.set(key, entry)
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

  const unpayableUntilMs = new Map<string, number>()
  /** A customer who has lost his trustline gets it back, or never. */
  const canBePaid = (about: string): boolean => {
    if (faults.strikes('stellar: a customer cannot be paid back for a while', about))
      unpayableUntilMs.set(about, nowMs() + random.between(10, 1_200) * 1_000)
    return nowMs() >= (unpayableUntilMs.get(about) ?? 0)
  }

  const submit = async (request: ChainRequest, escrowId: string | undefined): Promise<Outcome<ChainTx>> => {
    const { about } = request
    if (faults.strikes('chain: does not answer a submission', about))
      throw new BridgeError('chain_unavailable', { reason: 'time-out' })
    if (escrowId !== undefined && faults.strikes('chain: refuses to pay the payee for a while', about))
      chain.circumstances.deniedUntilMs.set(escrowId, nowMs() + random.between(30, 3_000) * 1_000)
    if (faults.strikes('chain: two workers submit one order at once', about)) submitOnce(request)
    return submitOnce(request)
  }

  const submitOrder = async (order: ChainOrder, about: string): Promise<Outcome<ChainTx>> => {
    ask(order)
    const isBrought = flavour === 'stellar' && order.deposit === true
    const plan = (state: ChainState) =>
      isBrought
        ? planOfDeposit(order, state, nowMs(), ordersOf, canBePaid(about))
        : planOfContract(order, state, chain, nowMs(), flavour)
    return submit({ key: order.key, body: JSON.stringify(order), about, plan }, escrowIdOf(order.terms))
  }

  const atAddress = hasAddresses ? addressPort(time, random, faults, chain, transferOf, submit) : undefined

  const aboutMoney = ({ fact, escrowId, address }: StrayMoney): string => {
    if (address !== null) return transferOf(address.ref) ?? fact
    const { brought, escrows } = chain.state()
    const { ref } = brought.get(fact)?.terms ?? escrows.get(escrowId as `0x${string}`)?.terms ?? {}
    return (ref && transferOf(ref)) ?? fact
  }

  const wayBack = async (money: StrayMoney): Promise<WayBack> => {
    if (atAddress && money.address) return atAddress.wayBack(money.address, money)
    if (faults.strikes('chain: does not answer a question', aboutMoney(money)))
      throw new BridgeError('chain_unavailable', { reason: 'time-out' })
    if (flavour === 'stellar') return wayBackOf(money, chain.state(), nowMs())
    const escrow = chain.state().escrows.get(money.escrowId ?? '')
    return escrow !== undefined && !isOpen(escrow) ? { kind: 'over' } : { kind: 'byItself', from: money.refundAfter }
  }

  const giveBack = (key: string, money: StrayMoney) => {
    if (atAddress && money.address) return atAddress.giveBack(key, money.address, money)
    const plan = ({ brought }: ChainState) => {
      const found = brought.get(money.fact)
      if (found === undefined) throw new BridgeError('chain_unavailable', { reason: 'it is not on the ledger' })
      return planOfReturn(key, found, nowMs(), ordersOf, canBePaid(aboutMoney(money)), 'return')
    }
    return submit({ key, body: JSON.stringify(money), about: aboutMoney(money), plan }, undefined)
  }

  /** The customer's own lock, which we only send for him. */
  const lockSigned = (key: string, terms: EscrowTerms) => {
    const plan = (state: ChainState) => planOfContract({ action: 'lock', terms }, state, chain, nowMs(), flavour)
    return submit({ key, body: JSON.stringify(terms), about: transferOf(terms.ref) ?? terms.ref, plan }, undefined)
  }

  const find = async (key: string): Promise<Outcome<ChainTx>> => {
    const entry = stored.get(key)
    if (entry === undefined) return refused('not_found', 'no transaction was ever stored under this key')
    if (entry.refusal !== undefined) return refused(entry.refusal, 'it was built again, and then refused')
    const { about } = entry.request
    if (faults.strikes('chain: does not answer a question', about)) return unknown('the node does not answer')
    const found = mined(entry)
    if (found !== undefined && faults.strikes('chain: answers from an old state', about)) return unknown('open')
    // Of what goes back by itself nothing but this word is ever heard: it is the ledger's.
    const isLastWord = entry.plan.memo === 'return' || entry.plan.action === 'recover'
    if (found === undefined && !isLastWord && faults.strikes('chain: says done of what is only under way', about))
      return done(answerFor(entry.hashes.at(-1)!, entry))
    if (found === undefined) return unknown('open')
    if (found.refusal === undefined) return done(answerFor(found.tx.hash, entry))
    return found.height + depth <= chain.height() ? refused('reverted', found.refusal) : unknown('reverted, but not final')
  }

  const open = () => [...stored.values()].filter(entry => entry.refusal === undefined && mined(entry) === undefined)

  const ordersOf: OrdersOf = (fact, action) => {
    for (const entry of stored.values()) {
      if (entry.plan.brought !== fact || entry.plan.action !== action) continue
      const found = mined(entry)
      const isDead = entry.refusal !== undefined || found?.refusal !== undefined
      if (!isDead) return { key: entry.request.key, fate: found === undefined ? 'open' : 'done' }
    }
    return undefined
  }

  const rebuild = (entry: Stored, expired: `0x${string}`) => {
    let plan: Plan | string
    try {
      plan = entry.request.plan(chain.state())
    } catch {
      return // what it depends on is not known yet: the next turn looks again
    }
    chain.forget(expired)
    if (typeof plan === 'string') entry.refusal = plan
    else chain.broadcast(signAndKeep(Object.assign(entry, { plan })))
  }

  /** Housekeeping of the senders: what the network has forgotten goes out again, what is stuck is replaced, what has expired is built again. */
  const tend = async (): Promise<void> => {
    for (const entry of open()) {
      const hash = entry.hashes.at(-1)!
      if (chain.isPooled(hash)) {
        const tx = txOf.get(hash)!
        if (nowMs() - tx.sinceMs > stuckAfterMs && faults.strikes('evm: a stuck transaction is replaced', entry.request.about))
          chain.replace(tx, signAndKeep(entry))
        else if (faults.strikes('stellar: an envelope expires', entry.request.about)) rebuild(entry, hash)
      } else resend(entry)
    }
  }

  return {
    onFirstAsked,
    sent: [],
    conflicts,
    unasked: [],
    lockMayCome: ref =>
      open().some(
        ({ plan: { action, terms } }) => action === 'lock' && terms.ref === ref && [treasury, mintPayer].includes(terms.payer),
      ),
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
        supports: currency => currency === ownToken,
        submit: order =>
          process.call('chain.submit', about(order.terms), () => submitOrder(order, about(order.terms) ?? order.terms.ref)),
        find: key => process.call('chain.find', stored.get(key)?.request.about, () => find(key)),
        tend: () => process.call('chain.tend', undefined, tend),
        tokenAddress: tokenOf,
        committedBy: flavour === 'stellar' ? 'balance' : 'escrow',
        deposits: {
          ids: terms => (flavour === 'stellar' ? [escrowIdOf(terms), paymentIdOf(terms)] : [escrowIdOf(terms)]),
          prepare: () => Promise.reject(new BridgeError('internal', { reason: 'customers know what to do' })),
          lockSigned: (key, terms) => process.call('chain.submit', about(terms), () => lockSigned(key, terms)),
          wayBack: money => process.call('chain.find', aboutMoney(money), () => wayBack(money)),
          ...(atAddress && {
            addresses: {
              addressOf,
              prepare: () => Promise.reject(new BridgeError('internal', { reason: 'customers know what to do' })),
              look: deposits => process.call('chain.look', undefined, () => atAddress.look(deposits)),
              lock: (key, terms) => process.call('chain.submit', about(terms), () => atAddress.lock(key, terms)),
            },
          }),
          ...(flavour === 'stellar' || atAddress
            ? { giveBack: (key, money) => process.call('chain.submit', aboutMoney(money), () => giveBack(key, money)) }
            : {}),
        },
        mintPayer: () => mintPayer,
        unitsPerMinor: () => 1n,
        mintRights: async () => ({ locksInEscrow: true, perTransactionMinor: '1000000000000' }),
        supplyOf: async () => chain.state().mintedMinor.toString(),
        balanceOf: async () => chain.state().treasuryMinor.toString(),
      }
    },
  }
}
