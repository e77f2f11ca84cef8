import { type Node, spanOf } from '../ast.ts'
import type { Edit } from '../mutant.ts'
import type { Context } from './context.ts'
import { numberEdits } from './values.ts'

const others: Record<string, string> = {
  add: 'sub',
  sub: 'add',
  mul: 'div',
  div: 'mul',
  and: 'or',
  or: 'and',
  lt: 'gt',
  gt: 'lt',
  eq: 'gt',
}

/** The same in inline assembly, by a few rules. */
export const assemblyEdits = (node: Node, { text }: Context): Edit[] => {
  const edit = (of: Node, replacement: string): Edit => ({ operator: 'assembly', ...spanOf(of), replacement })
  switch (node.nodeType) {
    case 'YulFunctionCall': {
      const other = others[node.functionName!.name!]
      return other === undefined ? [] : [edit(node.functionName!, other)]
    }
    case 'YulLiteral':
      return numberEdits(text(spanOf(node))).map(replacement => edit(node, replacement))
    case 'YulAssignment':
    case 'YulExpressionStatement':
      return [edit(node, '{}')]
    default:
      return []
  }
}
