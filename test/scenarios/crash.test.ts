import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { type Crashes, type Path, startCrashes } from '../support/crashes.ts'

// Every write and every external call of an on-ramp, to its end and back: the process is killed right before it and right after it, and the
// one that comes after it finishes the work.

let crashes: Crashes

beforeAll(async () => {
  await compileContracts()
  crashes = await startCrashes({ confirmations: 1, bank: { settlementDelays: { ach: 100 } } })
})
afterAll(() => crashes?.stop())

const forward: Path = async armed => {
  armed()
  const id = await crashes.scene.post({ value: '100.25' })
  await crashes.scene.endsAs(id, 'completed')
  expect(await crashes.effectsOf(id)).toEqual(['debit settled'])
}

const back: Path = async armed => {
  const id = await crashes.scene.post({ value: '600.00' }) // so much by ACH waits for clearing, where it can still be canceled
  await crashes.scene.reaches(id, 'clearing')
  armed()
  await crashes.cancel(id)
  await crashes.scene.endsAs(id, 'compensated')
  expect(await crashes.effectsOf(id)).toEqual(['credit settled', 'debit settled'])
}

it.each([
  ['to its end', forward],
  ['and back', back],
])('crashes before and after every write and every external call of an on-ramp %s', { timeout: 300_000 }, (way, path) =>
  crashes.crashEverywhere(`on-ramp ${way}`, path),
)
