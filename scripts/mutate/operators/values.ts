import { type Node, spanOf } from '../ast.ts'
import type { Edit } from '../mutant.ts'
import type { Context } from './context.ts'

/** Numbers, constants, widths and arguments: one more, one less, the next one, a byte less, the other way round. */
export const valueEdits = (node: Node, context: Context): Edit[] => {
  switch (node.nodeType) {
    case 'Literal':
      return literal(node, context)
    case 'Identifier':
      return constant(node, context)
    case 'MemberAccess':
      return node.memberName === 'max' ? width(node.expression!.arguments?.[0], context) : enumValue(node, context)
    case 'FunctionCall':
      return node.kind === 'typeConversion' ? width(node.expression, context) : swappedArguments(node, context)
    default:
      return []
  }
}

/** `{ 366 days, 364 days }` for `365 days`. A number stays at or above zero. */
export const numberEdits = (text: string): string[] => {
  const [, digits, unit = ''] = /^(0x[0-9a-fA-F]+|[\d_]+)(\s+\w+)?$/.exec(text) ?? []
  if (digits === undefined) return []
  const number = BigInt(digits.replaceAll('_', ''))
  // The compiler tells bytes4 by its eight digits.
  const hex = (value: bigint) => `0x${value.toString(16).padStart(digits.length - 2, '0')}`
  const written = (value: bigint) => (digits.startsWith('0x') ? hex(value) : String(value)) + unit
  return [number + 1n, ...(number > 0n ? [number - 1n] : [])].map(written)
}

const literal = (node: Node, { text }: Context): Edit[] => {
  if (node.kind === 'bool')
    return [{ operator: 'negation', ...spanOf(node), replacement: node.value === 'true' ? 'false' : 'true' }]
  if (node.kind !== 'number') return []
  return numberEdits(text(spanOf(node))).map(replacement => ({ operator: 'number', ...spanOf(node), replacement }))
}

/** The next constant of the same contract and type. */
const constant = (node: Node, { declarations }: Context): Edit[] => {
  const declared = declarations.get(node.referencedDeclaration ?? -1)
  if (!declared?.node.constant) return []
  const { typeString } = declared.node.typeDescriptions ?? {}
  const alike = (declared.parent.nodes ?? []).filter(
    ({ constant, typeDescriptions }) => constant && typeDescriptions?.typeString === typeString,
  )
  return next(alike, declared.node).map(({ name }) => ({ operator: 'constant', ...spanOf(node), replacement: name! }))
}

const enumValue = (node: Node, { declarations, text }: Context): Edit[] => {
  const declared = declarations.get(node.referencedDeclaration ?? -1)
  if (declared?.node.nodeType !== 'EnumValue') return []
  return next(declared.parent.members ?? [], declared.node).map(({ name }) => ({
    operator: 'constant',
    ...spanOf(node),
    replacement: `${text(spanOf(node.expression!))}.${name}`,
  }))
}

const next = (alike: readonly Node[], node: Node): Node[] =>
  alike.length < 2 ? [] : [alike[(alike.findIndex(({ id }) => id === node.id) + 1) % alike.length]!]

/** `uint40` where `uint48` is cut to size: shifts and masks that are a byte off. */
const width = (type: Node | undefined, { text }: Context): Edit[] => {
  if (type?.nodeType !== 'ElementaryTypeNameExpression') return []
  const [, bits] = /^uint(\d+)$/.exec(text(spanOf(type))) ?? []
  if (bits === undefined || bits === '8' || bits === '256') return []
  return [{ operator: 'width', ...spanOf(type), replacement: `uint${Number(bits) - 8}` }]
}

/** Neighbours of one type. */
const swappedArguments = (node: Node, { text }: Context): Edit[] => {
  const given = node.arguments ?? []
  if ((node.names ?? []).length > 0) return []
  return given.slice(1).flatMap((right, index) => {
    const left = given[index]!
    if (left.typeDescriptions?.typeString !== right.typeDescriptions?.typeString) return []
    const [first, second] = [text(spanOf(left)), text(spanOf(right))]
    if (first === second) return []
    const between = text({ start: spanOf(left).end, end: spanOf(right).start })
    const span = { start: spanOf(left).start, end: spanOf(right).end }
    return [{ operator: 'arguments' as const, ...span, replacement: `${second}${between}${first}` }]
  })
}
