import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Action, EscrowTerms } from '../escrow-terms.ts'
import type { Faults } from '../faults.ts'
import type { Scheduler } from '../scheduler.ts'
import type { ChainSettings } from '../settings.ts'
import type { Brought } from './brought.ts'
import type { SimChain } from './chain.ts'
import { decidedOnce } from './decided-once.ts'
import { type Escrow, isOpen, type TxWish } from './escrow.ts'
import { escrowIdOf, hashOf, paymentIdOf } from './ids.ts'

/** Everybody else on the chain: customers who collect, issuers who take back, and whoever may send a transaction about our escrows. */
export const letStrangersIn = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  { id, flavour }: ChainSettings,
  chain: SimChain,
  transferOf: (ref: string) => string | undefined,
) => {
  let count = 0
  /** What each has made up his mind about, once for each escrow. */
  const once = decidedOnce()

  const send = (
    action: Action,
    sender: TxWish['sender'],
    { escrowId, terms }: Pick<Escrow, 'escrowId' | 'terms'>,
    brought?: string,
  ) => {
    const hash = hashOf(`stranger ${id} ${count++}`)
    chain.broadcast({
      hash,
      action,
      escrowId,
      terms,
      sender,
      about: transferOf(terms.ref) ?? terms.ref,
      nonceOf: hash,
      sinceMs: nowMs(),
      ...(brought === undefined ? {} : { brought }),
    })
  }

  const meet = (escrow: Escrow) => {
    const { escrowId, terms } = escrow
    const about = transferOf(terms.ref)
    if (about === undefined) return
    if (escrow.status === 'locked' && nowMs() >= terms.refundAfter * 1_000)
      once(`expire ${escrowId}`, () => {
        if (faults.strikes('evm: a stranger refunds at the soft deadline', about)) send('expire', 'stranger', escrow)
      })
    if (isOpen(escrow)) {
      once(`dust ${escrowId}`, () => {
        if (!faults.strikes('evm: a stranger locks dust under our ref', about)) return
        const dust = { ...terms, amountMinor: '1', payer: `0x${'99'.repeat(20)}`, payee: `0x${'99'.repeat(20)}` }
        send('lock', 'stranger', { escrowId: escrowIdOf(dust), terms: dust })
      })
      once(`claw ${escrowId}`, () => {
        if (faults.strikes('stellar: the issuer claws a hold back', about))
          at(nowMs() + random.between(0, 300) * 1_000, () => send('clawback', 'issuer', escrow))
      })
    }
    if (escrow.delivery === 'waiting')
      once(`collect ${escrowId}`, () => {
        const action = faults.strikes('stellar: a delivery is never collected', about) ? 'reclaim' : 'collect'
        at(nowMs() + random.between(10, 900) * 1_000, () => send(action, action === 'collect' ? 'customer' : 'bridge', escrow))
      })
  }

  /** What somebody has brought to a ledger is his to take back from its deadline on, and he does. */
  const meetBrought = (brought: Brought) => {
    if (brought.status !== 'waiting') return
    const { fact, terms } = brought
    const about = transferOf(terms.ref) ?? terms.ref
    once(`claw ${fact}`, () => {
      if (faults.strikes('stellar: the issuer claws a deposit back', about))
        at(nowMs() + random.between(0, 60) * 1_000, () => send('clawback', 'issuer', brought, fact))
    })
    if (nowMs() >= terms.refundAfter * 1_000)
      once(`take back ${fact}`, () => {
        at(nowMs() + random.between(0, 900) * 1_000, () => send('takeBack', 'customer', brought, fact))
      })
  }

  chain.onBlock(() => {
    for (const escrow of chain.state().escrows.values()) meet(escrow)
    for (const brought of chain.state().brought.values()) meetBrought(brought)
  })

  /** Puts on the chain what the terms say: in the contract, or in a balance or by a payment where there is none. */
  const lock = (terms: EscrowTerms, afterMs: number, isRight: boolean) =>
    at(nowMs() + afterMs, () => {
      const action = flavour === 'evm' ? 'lock' : random.pick(['bring', 'pay'] as const)
      const escrowId = action === 'pay' ? paymentIdOf(terms) : escrowIdOf(terms)
      send(action, 'customer', { escrowId, terms })
      // What is not right lies in an escrow of its own, which he takes back when its deadline has passed.
      if (flavour === 'evm' && !isRight)
        at(terms.refundAfter * 1_000 + random.between(60, 900) * 1_000, () => send('expire', 'customer', { escrowId, terms }))
    })

  return {
    /** A customer brings what he sells, by the terms that he was told, sooner or later; or signs that we may fetch it. */
    deposit: (transfer: string, terms: EscrowTerms, dueAtMs: number, sign: () => void) => {
      const wrong = (changed: Partial<EscrowTerms>) => lock({ ...terms, ...changed }, random.between(0, 60_000), false)
      const { amountMinor, refundAfter } = terms
      if (faults.strikes('deposit: never comes', transfer)) return
      if (faults.strikes('deposit: is of another amount first', transfer))
        wrong({ amountMinor: (BigInt(amountMinor) - 1n).toString() })
      if (faults.strikes('deposit: is of another asset first', transfer)) wrong({ currency: 'EURC' })
      if (faults.strikes('deposit: is on other terms first', transfer)) wrong({ refundAfter: refundAfter - 60 })
      if (faults.strikes('deposit: names nobody', transfer)) wrong({ ref: random.hex(32) })
      const isLate = faults.strikes('deposit: comes late', transfer)
      const afterMs = isLate ? dueAtMs - nowMs() + random.between(-30, 300) * 1_000 : random.between(0, 120_000)
      const isSigned = faults.strikes('evm: a deposit is signed for us to lock', transfer)
      if (isSigned || faults.strikes('evm: a deposit is signed for us, and locked by its owner', transfer))
        at(nowMs() + afterMs, sign)
      if (!isSigned) lock(terms, afterMs, true)
      if (faults.strikes('stellar: a deposit comes twice', transfer)) lock(terms, afterMs + random.between(0, 600) * 1_000, true)
    },
  }
}
