/** A node of the compiler's AST. What its fields mean is told by `nodeType`; those that are missing there are undefined. */
export type Node = {
  readonly nodeType: string
  readonly id?: number
  readonly src: string
  readonly name?: string
  readonly kind?: string
  readonly operator?: string
  readonly memberName?: string
  readonly value?: unknown
  readonly constant?: boolean
  readonly absolutePath?: string
  readonly referencedDeclaration?: number
  readonly typeDescriptions?: { readonly typeString?: string }
  readonly leftExpression?: Node
  readonly rightExpression?: Node
  readonly subExpression?: Node
  readonly condition?: Node
  readonly expression?: Node
  readonly eventCall?: Node
  readonly errorCall?: Node
  readonly loopExpression?: Node
  readonly initializationExpression?: Node
  readonly functionName?: Node
  readonly typeName?: Node
  readonly modifierName?: Node
  readonly arguments?: readonly Node[]
  readonly names?: readonly string[]
  readonly nodes?: readonly Node[]
  readonly members?: readonly Node[]
}

export type Span = { readonly start: number; readonly end: number }

/** In bytes of the source, as the compiler counts. */
export const spanOf = ({ src }: Node): Span => {
  const [start, length] = src.split(':').map(Number)
  return { start: start!, end: start! + length! }
}

// Nothing in them runs.
const silent = new Set([
  'PragmaDirective',
  'ImportDirective',
  'StructuredDocumentation',
  'UsingForDirective',
  'InheritanceSpecifier',
])

/** Calls `visit` with each node that stands for something that runs, and with the nodes around it, the nearest first. */
export const walk = (node: Node, visit: (node: Node, around: readonly Node[]) => void, around: readonly Node[] = []): void => {
  if (silent.has(node.nodeType)) return
  visit(node, around)
  for (const child of childrenOf(node)) walk(child, visit, [node, ...around])
}

const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode)

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value

/** Whatever is declared in some sources, by id, with the node that it is declared in. */
export const declarationsOf = (asts: readonly Node[]): ReadonlyMap<number, { readonly node: Node; readonly parent: Node }> => {
  const found = new Map<number, { node: Node; parent: Node }>()
  for (const ast of asts)
    walk(ast, (node, [parent]) => {
      if (node.id !== undefined && parent) found.set(node.id, { node, parent })
    })
  return found
}
