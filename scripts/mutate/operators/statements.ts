import { type Node, type Span, spanOf } from '../ast.ts'
import type { Edit } from '../mutant.ts'
import type { Context } from './context.ts'

/** What is not done: an assignment, a call, a `delete`, an event, a refusal, a modifier, a check of the arithmetic turned on. */
export const statementEdits = (node: Node, context: Context): Edit[] => {
  switch (node.nodeType) {
    case 'ExpressionStatement':
    case 'EmitStatement':
    case 'RevertStatement':
      return without(node, context)
    case 'ModifierInvocation':
      return node.kind === 'modifierInvocation' ? [{ operator: 'modifier', ...spanOf(node), replacement: '' }] : []
    case 'UncheckedBlock': {
      const { start } = spanOf(node)
      return [{ operator: 'unchecked', start, end: start + 'unchecked'.length, replacement: '' }]
    }
    default:
      return []
  }
}

const without = (node: Node, { text, around }: Context): Edit[] => {
  const [parent] = around
  if (node === parent?.loopExpression || node === parent?.initializationExpression) return []
  return [{ operator: 'statement', ...withSemicolon(spanOf(node), text), replacement: '{}' }]
}

/** The compiler leaves it out of a statement. */
const withSemicolon = ({ start, end }: Span, text: (span: Span) => string): Span =>
  text({ start: end, end: end + 1 }) === ';' ? { start, end: end + 1 } : { start, end }
