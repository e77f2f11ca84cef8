import type { Law } from './finding.ts'

/** A number of an account is given out for one call: whatever is signed with it again asks for the same. */
export const lanes: Law = ({ chains }) =>
  chains.flatMap(({ id, sent }) => {
    const calls = new Map<string, string>()
    return sent.flatMap(({ sender, nonce, call }) => {
      const number = `number ${nonce} of ${sender} on ${id}`
      const first = calls.get(number) ?? call
      calls.set(number, first)
      return first === call ? [] : [`${number} was signed for two calls: ${first}, ${call}`]
    })
  })
