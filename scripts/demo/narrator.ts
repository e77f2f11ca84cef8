import type { EventView } from '../local/api-client.ts'

const colour = (code: number) => (text: string) => (process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text)
export const green = colour(32)
export const red = colour(31)
export const grey = colour(90)
export const bold = colour(1)

/** Tells people what happens; says nothing to machines. */
export type Narrator = {
  readonly say: (text?: string) => void
  readonly title: (letter: string, text: string) => void
  readonly event: (sinceMs: number, event: EventView) => void
}

export const narrator = (silent: boolean): Narrator => {
  const say = (text = '') => {
    if (!silent) process.stdout.write(`${text}\n`)
  }
  return {
    say,
    title: (letter, text) => say(`\n${bold(`(${letter}) ${text}`)}`),
    event: (sinceMs, { type, fromState, toState, place, details }) => {
      const seconds = `+${(sinceMs / 1000).toFixed(2)}s`.padStart(8)
      const what = place ? `block ${place.blockNumber}, tx ${place.txHash.slice(0, 10)}…` : describe(details)
      const way = fromState === toState ? toState : `${fromState} → ${toState}`
      say(`${grey(seconds)}  ${type.padEnd(20)} ${way.padEnd(26)} ${grey(what)}`)
    },
  }
}

const describe = (details: Record<string, unknown>): string =>
  ['code', 'detail', 'reason', 'bankTransferId', 'list']
    .flatMap(key => (details[key] === undefined ? [] : [String(details[key])]))
    .join(': ')
    .slice(0, 90)
