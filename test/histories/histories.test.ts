import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decide } from '../../bridge-service/src/transfer/decide.ts'
import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import { evolve } from '../../bridge-service/src/transfer/evolve.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { Transfer, Unborn } from '../../bridge-service/src/transfer/transfer.ts'
import { decode, type History } from './history.ts'

const folder = import.meta.dirname
const files = globSync('definition-*.json', { cwd: folder }).sort()
const definitionOf = (file: string) => Number(/\d+/.exec(basename(file))![0])
const read = (file: string) => decode(readFileSync(join(folder, file), 'utf8'))

type Evolve = typeof evolve

/** Every step of the history, folded by the machine of today. Returns what differs from what was recorded. */
const differences = ({ unborn, steps }: History, fold: Evolve = evolve): string[] => {
  const found: string[] = []
  let transfer: Transfer | Unborn = fold(unborn, { type: 'transferRequested' })
  for (const [index, { events, after }] of steps.entries()) {
    transfer = events.reduce<Transfer | Unborn>(fold, transfer)
    if (transfer.state !== after.state) found.push(`${index}: ${transfer.state}, not ${after.state}`)
    if (transfer.version !== after.version) found.push(`${index}: version ${transfer.version}, not ${after.version}`)
    // A later machine may keep more; what was kept is kept.
    const lost = Object.entries(after.progress).filter(([key, value]) => !contains(transfer.progress[key as 'debit'], value))
    found.push(...lost.map(([key]) => `${index}: ${key} has changed`))
  }
  return found
}

const contains = (now: unknown, then: unknown): boolean => {
  if (!(then instanceof Object)) return Object.is(now, then)
  return (
    now instanceof Object && Object.entries(then).every(([key, value]) => contains((now as Record<string, unknown>)[key], value))
  )
}

/** What the machine of today makes of each input, asked of the transfer as the row keeps it: it was decided so, and is to be. */
const decidedOtherwise = ({ unborn, first, steps }: History): string[] => {
  const found: string[] = []
  let stand = first
  for (const [index, { input, nowMs, events, after }] of steps.entries()) {
    const result = decide({ ...unborn, ...stand } as Transfer, input, nowMs)
    const now: readonly TransferEvent[] = 'events' in result ? result.events.map(({ event }) => event) : []
    // An event may say more by now, and nothing else.
    if (now.length !== events.length || !contains(now, events))
      found.push(`${index} ${input.type}: ${now.map(({ type }) => type).join(', ') || JSON.stringify(result)}`)
    stand = after
  }
  return found
}

it('every definition is recorded', () => {
  expect(files.map(definitionOf)).toEqual(Array.from({ length: currentDefinition }, (_, index) => index + 1))
  for (const file of files) expect(read(file).length, file).toBeGreaterThan(10)
})

describe.each(files)('%s', file => {
  it.each(read(file).map(history => [history.name, history] as const))('%s: is read as it was', (_name, history) => {
    expect(history.unborn.definition).toBe(definitionOf(file))
    expect(differences(history)).toEqual([])
  })

  it.each(read(file).map(history => [history.name, history] as const))('%s: is decided as it was', (_name, history) => {
    expect(decidedOtherwise(history)).toEqual([])
  })
})

describe('a machine that has changed', () => {
  const arrived = read(files[0]!).find(({ name }) => name === 'an on-ramp arrives')!

  it('is found by a transition that leads elsewhere', () => {
    const changed: Evolve = (transfer, event) => {
      const after = evolve(transfer, event)
      return event.type === 'lockFinalized' ? { ...after, state: 'releasing' } : after
    }
    // The next event is legal from there no more, or the state is another.
    expect(() => expect(differences(arrived, changed)).toEqual([])).toThrow()
  })

  it('is found by what it forgets', () => {
    const forgetful: Evolve = (transfer, event) => {
      const after = evolve(transfer, event)
      const { lock: _lock, ...progress } = after.progress
      return { ...after, progress }
    }
    expect(differences(arrived, forgetful)).toContainEqual(expect.stringContaining('lock has changed'))
  })

  it('is found by what it decides', () => {
    const [step, ...rest] = arrived.steps
    const other: History = { ...arrived, steps: [{ ...step!, events: [{ type: 'screeningPassed', list: 'another' }] }, ...rest] }
    expect(decidedOtherwise(other)).toHaveLength(1)
  })
})
