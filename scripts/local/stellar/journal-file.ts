import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { JournalRecord } from './journal.ts'

/** What a network was begun with. Going through its steps again needs the same. */
export type Genesis = {
  readonly passphrase: string
  /** Unix seconds. */
  readonly genesisTime: number
  /** In operations. */
  readonly maxTxSetSize: number
  readonly expectedCloseSeconds: number
}

/** A network's genesis, and every step since. */
export type Past = { readonly genesis: Genesis; readonly steps: readonly JournalRecord[] }

export type JournalFile = {
  /** Absent when there is nothing to go on from. */
  readonly past: Past | undefined
  readonly append: (step: JournalRecord) => void
  /** Forgets everything: the network begins anew. */
  readonly begin: (genesis: Genesis) => void
  readonly close: () => void
}

/** An append-only JSONL file in the folder; without a folder the network ends with the process. */
export const openJournalFile = (folder?: string): JournalFile => {
  if (folder === undefined) return { past: undefined, append: () => {}, begin: () => {}, close: () => {} }
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'stellar.jsonl')
  const written = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
  // A kill in the middle of a write leaves half a line, which nobody was told about: it is cut off.
  const whole = written.lastIndexOf('\n') + 1
  const [genesis, ...steps] = written
    .subarray(0, whole)
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
  const file = openSync(path, 'a')
  if (whole < written.length) ftruncateSync(file, whole)
  const write = (line: Genesis | JournalRecord) => {
    writeSync(file, `${JSON.stringify(line)}\n`)
  }
  return {
    past: genesis ? { genesis, steps } : undefined,
    append: write,
    begin: next => {
      ftruncateSync(file, 0)
      write(next)
    },
    close: () => closeSync(file),
  }
}
