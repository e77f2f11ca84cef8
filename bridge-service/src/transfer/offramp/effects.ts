import { endOf, none } from '../asking.ts'
import type { Effects } from '../decision.ts'
import { depositEffects, noRetryOfCommit } from '../deposit/effects.ts'
import type { TransferEvent } from '../event.ts'
import { type State, targetOf } from '../state.ts'
import type { Transfer, TransferOf } from '../transfer.ts'
import { payoutPostings } from './entries.ts'

/** What an event of an off-ramp asks for. `after` is the transfer as the whole step leaves it, so that a wish that is already void is not made. */
export const offrampEffects = (before: TransferOf<'offramp'>, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const liquidity = liquidityOf(before, event)
  const effects = effectsOf(before, event, after, nowMs)
  return liquidity === undefined ? effects : { ...effects, liquidity }
}

const effectsOf = (before: TransferOf<'offramp'>, event: TransferEvent, after: Transfer, nowMs: number): Effects => {
  const deposit = depositEffects(before, event, after, nowMs)
  const postings = payoutPostings(before, event).filter(({ amount }) => amount.minor !== 0n)
  const entries = postings.length > 0 ? [{ kind: event.type, postings }] : []
  switch (event.type) {
    case 'transferRequested':
      return { ...none, intents: [{ step: 'screen', attempt: 0 }] }
    case 'liquidityReserved':
      return { ...none, timers: [{ kind: 'deposit', dueAtMs: Date.parse(before.terms.deposit.dueAt) }] }
    case 'commitFinalized':
      return before.state === 'committed' ? { ...deposit, intents: [{ step: 'payoutFiat', attempt: 0 }] } : deposit
    case 'payoutSettled':
      if (before.state !== 'payingOut') return { ...none, entries }
      return {
        ...none,
        entries,
        timers: [...noRetryOfCommit(before), ...deposit.timers],
        waits: before.progress.commit && !before.progress.committed ? [endOf('commit')] : [],
        intents: after.state === 'collecting' ? [{ step: 'releaseDeposit', attempt: 0 }] : [],
      }
    case 'payoutReturned':
    case 'payoutReturnReversed':
    case 'transferFailed':
      return { ...none, entries }
    default:
      return deposit
  }
}

// As long as the payout may still be made of it.
const promised: readonly State[] = ['awaitingDeposit', 'deposited', 'committing', 'committed', 'payingOut']

const liquidityOf = ({ state, progress }: TransferOf<'offramp'>, event: TransferEvent): Effects['liquidity'] => {
  const { payout } = progress
  switch (event.type) {
    case 'liquidityReserved':
      return 'reserve'
    case 'payoutSettled':
      // What settles after its refusal was given back, and a person must find the money.
      return payout?.refused ? undefined : 'consume'
    case 'payoutReturned':
      if (payout?.refused) return undefined
      if (payout?.settled) return 'restore'
      return state === 'review' ? 'free' : undefined
    case 'payoutRefused':
      return state === 'review' ? 'free' : undefined
    default: {
      const target = targetOf('offramp', state, event.type)!
      return promised.includes(state) && !promised.includes(target) && target !== 'review' ? 'free' : undefined
    }
  }
}
