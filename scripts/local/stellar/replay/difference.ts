export type Difference = {
  readonly scenario: string
  /** Index of the step, from 0; absent for the state at the end. */
  readonly step?: number
  /** What differs: a path. */
  readonly what: string
  readonly expected: unknown
  readonly found: unknown
}

type Found = Omit<Difference, 'scenario' | 'step'>

/** Every place in which two JSON values differ. */
export const compare = (what: string, expected: unknown, found: unknown): Found[] => {
  if (Object.is(expected, found)) return []
  if (!isObject(expected) || !isObject(found) || Array.isArray(expected) !== Array.isArray(found))
    return [{ what, expected, found }]
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])]
  return names.flatMap(name => compare(`${what}.${name}`, expected[name], found[name]))
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
