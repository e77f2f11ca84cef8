import type { ChainEvidence } from '../evidence.ts'
import type { Law } from './finding.ts'

/**
 * A number of an account is given out for one call: whatever is signed with it again asks for the same. What has an end of its own gives its
 * number back when it is over, and only then the same may be asked for again, under this number or another.
 */
export const lanes: Law = ({ chains }) => chains.flatMap(({ id, sent }) => [...twoCalls(id, sent), ...twoNumbers(id, sent)])

type Sent = ChainEvidence['sent'][number]

const twoCalls = (id: string, sent: readonly Sent[]): string[] => {
  const calls = new Map<string, Sent>()
  return sent.flatMap(each => {
    const { sender, nonce, call } = each
    const number = `number ${nonce} of ${sender} on ${id}`
    const first = calls.get(number)
    if (first === undefined || !isAlive(first, each)) calls.set(number, each)
    return first === undefined || first.call === call || !isAlive(first, each)
      ? []
      : [`${number} was signed for two calls: ${first.call}, ${call}`]
  })
}

const twoNumbers = (id: string, sent: readonly Sent[]): string[] => {
  const numbers = new Map<string, Sent>()
  return sent.flatMap(each => {
    if (each.alive === undefined) return []
    const { sender, nonce, call } = each
    const first = numbers.get(call)
    numbers.set(call, each)
    return first === undefined || !isAlive(first, each)
      ? []
      : [`${call} on ${id} was signed twice: number ${first.nonce} of ${first.sender}, number ${nonce} of ${sender}`]
  })
}

/** Whether the first could still be taken when the next was sent. */
const isAlive = (first: Sent, next: Sent): boolean =>
  first.alive === undefined || next.alive === undefined || next.alive.fromMs < first.alive.untilMs
