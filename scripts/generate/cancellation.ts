import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decide } from '../../bridge-service/src/transfer/decide.ts'
import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { evolve } from '../../bridge-service/src/transfer/evolve.ts'
import { type State, states, transitions } from '../../bridge-service/src/transfer/state.ts'
import type { Transfer, Unborn } from '../../bridge-service/src/transfer/transfer.ts'
import * as crosschain from '../../test/support/crosschain.ts'
import * as offramp from '../../test/support/offramp.ts'
import * as onramp from '../../test/support/onramp.ts'
import * as rebalance from '../../test/support/rebalance.ts'
import * as remittance from '../../test/support/remittance.ts'
import { repository } from '../local/child.ts'

type Histories = { readonly [S in State]?: readonly TransferEvent[] }
type Example = { readonly unborn: () => unknown; readonly history: Histories }

const examples: Readonly<Record<keyof typeof transitions, Example>> = {
  onramp: { unborn: onramp.onramp, history: onramp.history },
  offramp: { unborn: offramp.offramp, history: offramp.history },
  remittance: { unborn: remittance.remittance, history: remittance.history },
  crosschain: { unborn: crosschain.crosschain, history: crosschain.history },
  rebalance: { unborn: rebalance.rebalance, history: rebalance.history },
}

const path = 'docs/cancellation.md'
const [begin, end] = ['<!-- cancellation: begin -->', '<!-- cancellation: end -->']

/** docs/cancellation.md with its table asked anew of the machine. */
export const generateCancellation = (): Record<string, string> => {
  const text = readFileSync(join(repository, path), 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`)
  return { [path]: `${text.slice(0, from + begin.length)}\n${table()}\n${text.slice(to)}` }
}

const table = (): string => {
  const routes = Object.keys(examples) as (keyof typeof examples)[]
  const rows = states.map(state => `| \`${state}\` | ${routes.map(route => answerIn(route, state)).join(' | ')} |`)
  return [`| state | ${routes.join(' | ')} |`, `|---${'|---'.repeat(routes.length)}|`, ...rows].join('\n')
}

/** What the machine says to a wish to cancel in this state. */
const answerIn = (route: keyof typeof examples, state: State): string => {
  if (!(state in transitions[route])) return ''
  const { unborn, history } = examples[route]
  const past = history[state] ?? byPerson(state, history)
  // A state that no transfer is ever left in between two steps.
  if (past === undefined) return '–'
  const events = past.filter(({ type }) => type !== 'cancelRequested')
  const transfer = events.reduce<Transfer | Unborn>((each, event) => evolve(each, event), unborn() as Unborn) as Transfer
  if (transfer.state !== state) throw new Error(`${route}: the history of ${state} leads to ${transfer.state}`)
  const decision = decide(transfer, { type: 'cancelCommand', reason: 'x' }, onramp.settledAtMs)
  if ('refusal' in decision) return 'refused'
  if ('ignored' in decision) return 'heard before'
  const types = decision.events.map(({ event }) => event.type)
  if (types.includes('transferCanceled')) return 'canceled'
  return types.includes('compensationStarted') ? 'turned back' : 'noted'
}

const byPerson = (state: State, { review }: Histories): readonly TransferEvent[] | undefined =>
  state === 'resolved' && review
    ? [...review, { type: 'transferResolved', outcome: 'failed', evidence: 'x', document: null, closing: [] }]
    : undefined
