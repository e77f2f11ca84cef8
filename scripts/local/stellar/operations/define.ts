import { xdr } from '@stellar/stellar-sdk/base'
import type { CommonRefusal, OperationRules, Outcome, Rules } from './operation.ts'

type Kind = xdr.OperationBody['type']
type BodyOf<K extends Kind> = Extract<xdr.OperationBody, { type: K }>['value']

/** Forgets the kind of an operation: the registry pairs each kind with its rules, so the body is always the right one. */
export const define = <K extends Kind, Code extends string>(_kind: K, rules: Rules<BodyOf<K>, Code>): OperationRules => {
  const { threshold } = rules
  const result = (outcome: Outcome<Code>): xdr.OperationResult => {
    if (typeof outcome !== 'string') return xdr.OperationResult.opInner(outcome)
    const common = commonResults[outcome as CommonRefusal]
    return common ? common() : xdr.OperationResult.opInner(rules.result(outcome as Code))
  }
  return {
    threshold: body => (typeof threshold === 'function' ? threshold(body.value as BodyOf<K>) : threshold),
    malformed: (body, source) => {
      const code = rules.malformed(body.value as BodyOf<K>, source)
      return code === undefined ? undefined : result(code)
    },
    apply: (body, on) => result(rules.apply(body.value as BodyOf<K>, on)),
    success: xdr.OperationResult.opInner(rules.success),
  }
}

const commonResults: Partial<Record<string, () => xdr.OperationResult>> = {
  opTooManySubentries: () => xdr.OperationResult.opTooManySubentries(),
  opTooManySponsoring: () => xdr.OperationResult.opTooManySponsoring(),
  opNotSupported: () => xdr.OperationResult.opNotSupported(),
} satisfies Record<CommonRefusal, () => xdr.OperationResult>

/** The operation did what it says; only then does anything of it stay. */
export const succeeded = (result: xdr.OperationResult): boolean =>
  result.type === 'opInner' && result.tr.value.type.endsWith('Success')
