import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { BankRecord } from './record.ts'

export type Journal = {
  /** What earlier runs wrote, oldest first. */
  readonly past: readonly BankRecord[]
  readonly append: (record: BankRecord) => void
  readonly close: () => void
}

/** An append-only JSONL file; without a folder the memory ends with the process. */
export const openJournal = (folder?: string): Journal => {
  if (folder === undefined) return { past: [], append: () => {}, close: () => {} }
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'journal.jsonl')
  const written = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
  // A kill in the middle of a write leaves half a line, which nobody was told about: it is cut off.
  const whole = written.lastIndexOf('\n') + 1
  const past = written
    .subarray(0, whole)
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as BankRecord)
  const file = openSync(path, 'a')
  if (whole < written.length) ftruncateSync(file, whole)
  return {
    past,
    // Synchronous and before the answer: what the bank said it did survives a kill. No fsync: a simulator need not survive a power cut.
    append: record => {
      writeSync(file, `${JSON.stringify(record)}\n`)
    },
    close: () => closeSync(file),
  }
}
