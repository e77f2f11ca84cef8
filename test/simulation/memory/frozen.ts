/** What is stored is nobody's to change: whoever tries, in whichever module, gets a TypeError on the spot. Cheaper than a copy. */
export const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) frozen(part)
  return value
}
