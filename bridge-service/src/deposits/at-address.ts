import type { Holding } from '../chains/deposits.ts'
import { terminalStates } from '../transfer/state.ts'
import type { StrayReason } from './stray-deposit.ts'
import type { Watched } from './watched.ts'

/** What the deposit of an address is, in its chain's own words. */
export type Awaited = { readonly token: string; readonly units: bigint }

/** What is to be done about what lies at a deposit address. */
export type Verdict = {
  readonly lock: boolean
  /** What goes back, by token. */
  readonly strays: readonly { readonly token: string; readonly units: bigint; readonly reason: StrayReason }[]
  readonly seen: bigint
  readonly nextLookMs: number | null
}

const second = 1_000
const day = 86_400_000
/** From then on nobody looks: whoever sends something there has it back by himself. */
const watchedForMs = 90 * day
/** Of one token at one address. Whoever sends dust, again and again, pays for the rest of its way back himself. */
const returnsByUs = 5

/** Reads the balances of an address. Pure. */
export const judgeAddress = (watched: Watched, { escrow, balances }: Holding, awaited: Awaited): Verdict => {
  const { state, deposit, nowMs, isLocking, cases } = watched
  const brought = balances.find(({ token }) => token === awaited.token)?.units ?? 0n
  const isExpected = state === 'awaitingDeposit' && nowMs < Date.parse(deposit.dueAt)
  const isNever = terminalStates.includes(state) || nowMs >= deposit.terms.refundAfter * 1000
  const seen = escrow === 'none' ? brought : watched.seen

  const reasonOf = (): StrayReason | undefined => {
    if (escrow === 'none') {
      // A lock that was sent may still go through.
      if (!isNever || isLocking) return undefined
      return brought < awaited.units ? 'wrong_amount' : 'not_expected'
    }
    if (escrow === 'refunded' && brought >= awaited.units && !cases.some(({ reason }) => reason === 'refunded')) return 'refunded'
    return brought === seen - awaited.units ? 'wrong_amount' : 'repeated'
  }
  const mayReturn = (token: string) => {
    const known = cases.filter(each => each.token === token)
    return known.length < returnsByUs && known.every(({ state }) => state === 'returned' || state === 'gone')
  }
  const strays = balances.flatMap(({ token, units }) => {
    const reason = token === awaited.token ? reasonOf() : 'wrong_asset'
    return units > 0n && reason !== undefined && mayReturn(token) ? [{ token, units, reason }] : []
  })
  const lock = escrow === 'none' && isExpected && !isLocking && brought >= awaited.units
  return { lock, strays, seen, nextLookMs: nextLookMs(watched) }
}

/** Every second while it is waited for; afterwards ever more seldom, the longer nothing has happened. */
const nextLookMs = ({ state, nowMs, movedAtMs }: Watched): number | null => {
  if (['requested', 'screened', 'awaitingDeposit'].includes(state)) return second
  const quietMs = nowMs - movedAtMs
  if (terminalStates.includes(state) && quietMs > watchedForMs) return null
  return Math.round(Math.min(Math.max(quietMs / 10, second), day))
}
