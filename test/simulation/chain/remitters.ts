import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { awaited } from '../awaited.ts'
import type { EscrowTerms } from '../escrow-terms.ts'
import type { Faults } from '../faults.ts'
import type { Scheduler } from '../scheduler.ts'
import type { ChainSettings } from '../settings.ts'
import { type DepositAddress, lockedTermsOf, nativeCoin } from './at-address.ts'
import { ownToken } from './brought.ts'
import type { SimChain } from './chain.ts'
import { decidedOnce } from './decided-once.ts'
import type { TxWish } from './escrow.ts'
import { escrowIdOf, hashOf } from './ids.ts'

/** Customers who can only transfer, and whoever else calls the contract of the deposit addresses: anyone may. */
export const letRemittersIn = (
  scheduler: Scheduler,
  random: Random,
  faults: Faults,
  { id }: ChainSettings,
  chain: SimChain,
  transferOf: (ref: string) => string | undefined,
) => {
  let count = 0
  const { nowMs } = scheduler
  const { soon, isAtRest } = awaited(scheduler)
  const once = decidedOnce()

  const send = (
    afterMs: number,
    wish: Pick<TxWish, 'action' | 'sender' | 'terms'> & Partial<Pick<TxWish, 'token' | 'units'>>,
  ): void => {
    soon(afterMs, () => {
      const hash = hashOf(`remitter ${id} ${count++}`)
      const { terms } = wish
      chain.broadcast({
        ...wish,
        ...{ hash, escrowId: escrowIdOf(lockedTermsOf(terms)), about: transferOf(terms.ref) ?? terms.ref },
        ...{ nonceOf: hash, sinceMs: nowMs() },
      })
    })
  }

  const meet = ({ address, terms, escrowId, tokens }: DepositAddress) => {
    const about = transferOf(terms.ref)
    if (about === undefined) return
    const isOpen = !chain.state().escrows.has(escrowId)
    for (const [token, { lies }] of tokens) {
      if (lies === 0n) continue
      const isDeposit = token === ownToken && isOpen && nowMs() < terms.refundAfter * 1_000
      if (isDeposit && lies >= BigInt(terms.amountMinor))
        once(`lock ${address}`, () => {
          if (faults.strikes('evm: somebody else locks what lies at a deposit address', about))
            send(random.between(0, 5) * 1_000, { action: 'lockThere', sender: 'stranger', terms })
        })
      if (isDeposit)
        once(`take ${address}`, () => {
          if (faults.strikes('evm: its owner takes back what lies at a deposit address', about))
            send(random.between(0, 60) * 1_000, { action: 'recover', sender: 'customer', terms })
        })
      else
        once(`recover ${address} ${token}`, () => {
          if (faults.strikes('evm: somebody else sends back what lies at a deposit address', about))
            send(random.between(0, 5) * 1_000, { action: 'recover', sender: 'stranger', terms, token })
        })
    }
  }
  chain.onBlock(() => {
    for (const address of chain.state().addresses.values()) meet(address)
  })

  return {
    /** Nobody means to send anything any more. */
    isAtRest,
    /** Brings a deposit to its address, all of it or not, in time or not; the terms are those that the address follows from. */
    deposit: (transfer: string, terms: EscrowTerms, dueAtMs: number) => {
      const amount = BigInt(terms.amountMinor)
      const bring = (afterMs: number, units: bigint, token: string = ownToken) =>
        send(Math.max(0, afterMs), { action: 'transfer', sender: 'customer', terms, token, units: units.toString() })
      const soonMs = () => random.between(0, 120_000)
      if (faults.strikes('deposit: never comes', transfer)) return
      if (faults.strikes('deposit: is of another asset first', transfer)) bring(soonMs(), 1_000n, nativeCoin)
      if (faults.strikes('deposit: is of another amount first', transfer)) bring(random.between(0, 60_000), amount - 1n)
      if (faults.strikes('evm: a deposit address is sent something when all is over', transfer))
        bring(terms.refundAfter * 1_000 - nowMs() + random.between(10, 600) * 1_000, 5n)
      const isLate = faults.strikes('deposit: comes late', transfer)
      const afterMs = isLate ? dueAtMs - nowMs() + random.between(-30, 300) * 1_000 : soonMs()
      if (faults.strikes('evm: a deposit address is sent too little', transfer)) return bring(afterMs, amount / 2n)
      if (faults.strikes('evm: a deposit address is sent its deposit in two parts', transfer)) {
        bring(afterMs, 1n)
        return bring(afterMs + random.between(0, 180) * 1_000, amount - 1n)
      }
      const isTooMuch = faults.strikes('evm: a deposit address is sent too much', transfer)
      bring(afterMs, isTooMuch ? amount + 7n : amount)
      if (faults.strikes('evm: a deposit address is sent its deposit twice', transfer))
        bring(afterMs + random.between(0, 600) * 1_000, amount)
    },
  }
}
