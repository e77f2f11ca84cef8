import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import { hashOf, type SimChain } from './chain.ts'
import { type Action, type Escrow, type EscrowTerms, isOpen, type TxWish } from './escrow.ts'
import type { Faults } from './faults.ts'
import type { Scheduler } from './scheduler.ts'

/** Everybody else on the chain: customers who collect, issuers who take back, and whoever may send a transaction about our escrows. */
export const letStrangersIn = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  id: string,
  chain: SimChain,
  transferOf: (ref: string) => string | undefined,
  escrowIdOf: (terms: EscrowTerms) => `0x${string}`,
) => {
  let count = 0
  /** What each has made up his mind about, once for each escrow. */
  const decided = new Set<string>()
  const once = (what: string, decide: () => void) => {
    if (decided.has(what)) return
    decided.add(what)
    decide()
  }

  const send = (action: Action, sender: TxWish['sender'], { escrowId, terms }: Pick<Escrow, 'escrowId' | 'terms'>) => {
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

  chain.onBlock(() => {
    for (const escrow of chain.state().escrows.values()) meet(escrow)
  })

  return {
    /** A customer locks what he sells, by the terms that he was told. */
    deposit: (transfer: string, terms: EscrowTerms, dueAtMs: number) => {
      const lock = (afterMs: number, changed: Partial<EscrowTerms> = {}) =>
        at(nowMs() + afterMs, () => {
          const wished = { ...terms, ...changed }
          send('lock', 'customer', { escrowId: escrowIdOf(wished), terms: wished })
        })
      if (faults.strikes('deposit: never comes', transfer)) return
      // Only a wrong one lies in an escrow of its own, which is his to take back when its deadline has passed.
      if (faults.strikes('deposit: is of another amount first', transfer))
        lock(random.between(0, 60_000), { amountMinor: (BigInt(terms.amountMinor) - 1n).toString() })
      const isLate = faults.strikes('deposit: comes late', transfer)
      lock(isLate ? dueAtMs - nowMs() + random.between(-30, 300) * 1_000 : random.between(0, 120_000))
    },
  }
}
