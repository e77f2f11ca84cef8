/** One small change of a contract, that the tests should notice. */
export type Mutant = {
  /** From the root of the repository. */
  readonly file: string
  readonly line: number
  /** The function, modifier, contract or library that it is in. */
  readonly within: string
  readonly operator: Operator
  /** The line where it begins, trimmed. */
  readonly code: string
  readonly original: string
  readonly replacement: string
  /** Of `original` in the source, in bytes. */
  readonly start: number
}

export type Operator =
  | 'relational'
  | 'arithmetic'
  | 'logical'
  | 'negation'
  | 'number'
  | 'constant'
  | 'arguments'
  | 'width'
  | 'unchecked'
  | 'modifier'
  | 'statement'
  | 'assembly'

/** What an operator says about a node: the part of it that changes, and into what. */
export type Edit = { readonly operator: Operator; readonly start: number; readonly end: number; readonly replacement: string }

export const mutate = (source: string, { start, original, replacement }: Mutant): string =>
  source.slice(0, start) + replacement + source.slice(start + original.length)

/** What changes, on one line: `_checkTerms: a <= b → a < b`. */
export const describe = ({ within, original, replacement }: Mutant): string =>
  `${within}: ${oneLine(original)} → ${replacement === '' || replacement === '{}' ? 'nothing' : oneLine(replacement)}`

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ')
