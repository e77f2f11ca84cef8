import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Source, type Transitions, terminalStates, transitions } from '../../bridge-service/src/transfer/state.ts'
import { repository } from '../local/child.ts'

const path = 'ARCHITECTURE.md'
const [begin, end] = ['<!-- transitions: begin -->', '<!-- transitions: end -->']

/** ARCHITECTURE.md with the diagram drawn anew from the transitions that the machine runs on. */
export const generateDiagram = (): Record<string, string> => {
  const text = readFileSync(join(repository, path), 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`)
  return { [path]: `${text.slice(0, from + begin.length)}\n${diagrams()}\n${text.slice(to)}` }
}

const diagrams = (): string =>
  Object.entries(transitions)
    .map(([route, table]) => `${route}:\n\n${diagram(table)}`)
    .join('\n\n')

const diagram = (table: Transitions): string => {
  const lines = ['```mermaid', 'stateDiagram-v2']
  for (const [source, targets] of Object.entries(table) as [Source, Record<string, string>][]) {
    const byTarget = Map.groupBy(Object.entries(targets), ([, target]) => target)
    for (const [target, events] of byTarget)
      lines.push(`  ${source === 'none' ? '[*]' : source} --> ${target}: ${events.map(([event]) => event).join(', ')}`)
  }
  const reached = new Set(Object.values(table).flatMap(targets => Object.values(targets)))
  for (const state of terminalStates.filter(each => reached.has(each))) lines.push(`  ${state} --> [*]`)
  return [...lines, '```'].join('\n')
}
