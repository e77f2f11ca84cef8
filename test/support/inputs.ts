import type { Input, RailStep, Step, TimerKind } from '../../bridge-service/src/transfer/input.ts'
import type { WaitKind } from '../../bridge-service/src/transfer/wait.ts'
import { bankSays, place } from './onramp.ts'

type ChainKind = Extract<Input, { type: 'chainFact' }>['kind']
type Said = Parameters<typeof bankSays>[0]

// What a transfer is told, in short.

export const screened = (availableMinor: bigint): Input => ({ type: 'screened', list: 'test', availableMinor })
export const bank = (step: RailStep, type: Said, rawCode?: string): Input => ({
  type: 'railFact',
  step,
  fact: bankSays(type, rawCode),
})
export const debit = (type: Said, rawCode?: string): Input => bank('debitFiat', type, rawCode)
export const credit = (type: Said, rawCode?: string): Input => bank('creditFiat', type, rawCode)
export const payout = (type: Said, rawCode?: string): Input => bank('payoutFiat', type, rawCode)
export const refusal = (step: Step, attempt = 0): Input => ({
  type: 'intentRefused',
  step,
  attempt,
  code: 'chain_refused',
  detail: 'no',
})
export const withdrawn = (step: RailStep): Input => ({
  type: 'intentRefused',
  step,
  attempt: 0,
  code: 'withdrawn',
  detail: 'the bank never got it',
})
export const unknown = (step: Step): Input => ({ type: 'intentUnknown', step, detail: 'silence' })
export const included = (kind: ChainKind, fact: string, block?: string): Input => ({
  type: 'chainFact',
  kind,
  status: 'included',
  place: place(fact, block),
})
export const orphaned = (kind: ChainKind, fact: string): Input => ({
  type: 'chainFact',
  kind,
  status: 'orphaned',
  place: place(fact),
})
export const final = (kind: WaitKind, fact: string): Input => ({ type: 'finalityReached', kind, fact: place(fact).fact })
export const deadline = (kind: TimerKind): Input => ({ type: 'deadlineReached', kind })
export const cancel: Input = { type: 'cancelCommand', reason: 'changed my mind' }
