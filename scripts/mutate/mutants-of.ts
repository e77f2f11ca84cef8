import { type declarationsOf, type Node, type Span, walk } from './ast.ts'
import type { Mutant } from './mutant.ts'
import { assemblyEdits } from './operators/assembly.ts'
import type { Context } from './operators/context.ts'
import { expressionEdits } from './operators/expressions.ts'
import { statementEdits } from './operators/statements.ts'
import { valueEdits } from './operators/values.ts'

const operators = [expressionEdits, valueEdits, statementEdits, assemblyEdits]

/** Every mutant of a source, in the order of the source. `source` has a character for each byte of the file. */
export const mutantsOf = (file: string, source: string, ast: Node, declarations: ReturnType<typeof declarationsOf>): Mutant[] => {
  const found = new Map<string, Mutant>()
  const text = ({ start, end }: Span) => source.slice(start, end)
  walk(ast, (node, around) => {
    const context: Context = { text, around, declarations }
    for (const { operator, start, end, replacement } of operators.flatMap(edits => edits(node, context))) {
      const mutant = {
        file,
        line: source.slice(0, start).split('\n').length,
        within: nameOf([node, ...around]),
        operator,
        code: text(lineOf(source, start)).trim(),
        original: text({ start, end }),
        replacement,
        start,
      }
      found.set([start, end, replacement].join(), mutant)
    }
  })
  return [...found.values()].sort((a, b) => a.start - b.start)
}

const lineOf = (source: string, at: number): Span => {
  const end = source.indexOf('\n', at)
  return { start: source.lastIndexOf('\n', at - 1) + 1, end: end === -1 ? source.length : end }
}

const nameOf = (nodes: readonly Node[]): string => {
  const holder = nodes.find(({ nodeType }) =>
    ['FunctionDefinition', 'ModifierDefinition', 'ContractDefinition'].includes(nodeType),
  )
  return holder?.name || holder?.kind || ''
}
