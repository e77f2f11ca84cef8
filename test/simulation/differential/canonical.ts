/** A value as one text: the keys of objects sorted, maps and sets in one order, bigints and times as strings, nothing of what is undefined. */
export const canonical = (value: unknown): string => {
  if (typeof value === 'bigint') return `"${value}"`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (value instanceof Date) return JSON.stringify(value)
  if (Buffer.isBuffer(value)) return `"${value.toString('hex')}"`
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (value instanceof Map || value instanceof Set) return `[${[...value].map(canonical).sort().join()}]`
  const parts: string[] = []
  for (const key of Object.keys(value).sort()) {
    const part = (value as Record<string, unknown>)[key]
    if (part !== undefined) parts.push(`${JSON.stringify(key)}:${canonical(part)}`)
  }
  return `{${parts.join()}}`
}

/** A list whose order is nobody's promise. */
export const sorted = <T>(list: readonly T[]): T[] =>
  list
    .map(each => [canonical(each), each] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, each]) => each)
