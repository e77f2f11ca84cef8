/** Collects the parameters of a statement whose text is put together from parts. */
export type Parameters = {
  readonly values: unknown[]
  /** Adds one array parameter and returns its cast placeholder, `$3::text[]`. */
  readonly array: (type: string, values: readonly unknown[]) => string
  readonly value: (type: string, value: unknown) => string
}

export const parameters = (): Parameters => {
  const values: unknown[] = []
  return {
    values,
    array: (type, array) => `$${values.push(array)}::${type}[]`,
    value: (type, value) => `$${values.push(value)}::${type}`,
  }
}

/** `unnest` of one array per column: `rows(p, list, { id: ['text', row => row.id], … })` gives `unnest($1::text[], …) as r(id, …)`. */
export const rows = <T>(
  p: Parameters,
  list: readonly T[],
  alias: string,
  columns: Record<string, readonly [type: string, read: (row: T) => unknown]>,
): string => {
  const names = Object.keys(columns)
  const arrays = names.map(name => {
    const [type, read] = columns[name]!
    return p.array(type, list.map(read))
  })
  return `unnest(${arrays.join(', ')}) as ${alias}(${names.join(', ')})`
}
