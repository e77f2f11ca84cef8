import { type Node, spanOf } from '../ast.ts'
import type { Edit, Operator } from '../mutant.ts'
import type { Context } from './context.ts'

const others: Record<string, readonly [Operator, ...string[]]> = {
  '<': ['relational', '<=', '>='],
  '<=': ['relational', '<', '>'],
  '>': ['relational', '>=', '<='],
  '>=': ['relational', '>', '<'],
  '==': ['relational', '!='],
  '!=': ['relational', '=='],
  '+': ['arithmetic', '-'],
  '-': ['arithmetic', '+'],
  '*': ['arithmetic', '/'],
  '/': ['arithmetic', '*'],
  '%': ['arithmetic', '/'],
  '**': ['arithmetic', '*'],
  '<<': ['arithmetic', '>>'],
  '>>': ['arithmetic', '<<'],
  '&': ['arithmetic', '|'],
  '|': ['arithmetic', '&'],
  '+=': ['arithmetic', '-='],
  '-=': ['arithmetic', '+='],
  '*=': ['arithmetic', '/='],
  '/=': ['arithmetic', '*='],
}

/** Comparisons, sums, conditions: another operator, one operand less, the opposite. */
export const expressionEdits = (node: Node, context: Context): Edit[] => {
  switch (node.nodeType) {
    case 'BinaryOperation':
      return node.operator === '&&' || node.operator === '||' ? oneOperandLess(node, context) : otherOperators(node, context)
    case 'Assignment':
      return node.operator === '=' ? [] : otherOperators({ ...node, ...sides(node) }, context)
    case 'UnaryOperation':
      return unary(node, context)
    case 'IfStatement':
    case 'WhileStatement':
    case 'Conditional':
      return opposite(node.condition!, context)
    default:
      return []
  }
}

type Sides = { leftHandSide?: Node; rightHandSide?: Node }
const sides = (node: Node & Sides) => ({ leftExpression: node.leftHandSide!, rightExpression: node.rightHandSide! })

const otherOperators = (node: Node, { text }: Context): Edit[] => {
  const [operator, ...replacements] = others[node.operator!] ?? []
  if (operator === undefined) return []
  const between = { start: spanOf(node.leftExpression!).end, end: spanOf(node.rightExpression!).start }
  // Of parentheses around an operand, the compiler's positions may or may not tell.
  const start = between.start + text(between).indexOf(node.operator!)
  return replacements.map(replacement => ({ operator, start, end: start + node.operator!.length, replacement }))
}

const oneOperandLess = (node: Node, { text }: Context): Edit[] =>
  [node.leftExpression!, node.rightExpression!].map(operand => ({
    operator: 'logical',
    ...spanOf(node),
    replacement: text(spanOf(operand)),
  }))

const unary = (node: Node, { text }: Context): Edit[] => {
  const { start } = spanOf(node)
  if (node.operator === '!' || node.operator === '~')
    return [{ operator: 'negation', ...spanOf(node), replacement: text(spanOf(node.subExpression!)) }]
  if (node.operator === '++') return [{ operator: 'arithmetic', start, end: start + 2, replacement: '--' }]
  if (node.operator === '--') return [{ operator: 'arithmetic', start, end: start + 2, replacement: '++' }]
  return []
}

/** Where no operator of its own says it already. */
const opposite = (condition: Node, { text }: Context): Edit[] =>
  condition.nodeType === 'BinaryOperation' || condition.nodeType === 'UnaryOperation'
    ? []
    : [{ operator: 'negation', ...spanOf(condition), replacement: `!${text(spanOf(condition))}` }]
