import type { declarationsOf, Node, Span } from '../ast.ts'

/** What an operator may know beside the node itself. */
export type Context = {
  readonly text: (span: Span) => string
  /** The nodes around it, the nearest first. */
  readonly around: readonly Node[]
  readonly declarations: ReturnType<typeof declarationsOf>
}
