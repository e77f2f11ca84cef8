import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { decide, request } from '../bridge-service/src/transfer/decide.ts'
import type { Transfer } from '../bridge-service/src/transfer/transfer.ts'
import type { History } from '../test/histories/history.ts'
import { encode } from '../test/histories/history.ts'
import { repository } from './local/child.ts'
import { type Scenario, scenariosOf, startMs } from './record-histories/scenarios.ts'

// `node scripts/record-histories.ts [--machine FOLDER]`: what the machine makes of its scenarios, kept for later machines to be held to, in
// test/histories/definition-<n>.json. FOLDER is the `bridge-service/src/transfer` of any checkout, so that an old machine can still be
// recorded. A definition is recorded once, by the last machine that made transfers of it, and never again.
const { machine } = parseArgs({ options: { machine: { type: 'string' } } }).values
const folder = resolve(machine ?? join(repository, 'bridge-service/src/transfer'))
const old = (await import(join(folder, 'decide.ts'))) as { decide: typeof decide; request: typeof request }
const { currentDefinition } = (await import(join(folder, 'state.ts'))) as { currentDefinition: number }

const record = ({ name, unborn, said }: Scenario): History => {
  let nowMs = startMs
  const first = old.request(unborn, nowMs)
  let transfer: Transfer = first.after
  const steps: History['steps'][number][] = []
  for (const word of said) {
    if ('at' in word) {
      nowMs = word.at
      continue
    }
    const result = old.decide(transfer, word, nowMs)
    if (!('events' in result))
      throw new Error(`${name}: ${JSON.stringify(word, (_, v) => (typeof v === 'bigint' ? String(v) : v))}: nothing`)
    const { state, version, progress } = result.after
    steps.push({ input: word, nowMs, events: result.events.map(({ event }) => event), after: { state, version, progress } })
    transfer = result.after
  }
  const { state, version, progress } = first.after
  return { name, unborn, first: { state, version, progress }, steps }
}

const histories = scenariosOf(currentDefinition).map(record)
const path = join(repository, 'test/histories', `definition-${currentDefinition}.json`)
mkdirSync(join(repository, 'test/histories'), { recursive: true })
writeFileSync(path, encode(histories))
console.log(`${histories.length} histories of definition ${currentDefinition} in ${path}`)
