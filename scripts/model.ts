import { claims } from './model/claims.ts'
import { findSpin, keepTrail, type Search, search } from './model/spin.ts'

// `npm run model [-- --json]`: spin looks at every state of the protocol models, and must find every planted bug. docs/model.md says what they
// say. Exits 1 when a claim is refuted or a planted bug is not found, 0 where there is no spin.
const json = process.argv.includes('--json')
const patienceMs = 15 * 60_000
const atOnce = 2

const spin = findSpin()
if (spin === undefined) {
  console.log(
    json
      ? JSON.stringify({ ok: true, checked: false, spin: null })
      : 'model NOT checked: there is no spin, or no gcc, on the PATH. Debian has both (apt-get install spin gcc).',
  )
  process.exit(0)
}

const asItMust = ({ claim, verdict }: Search) => verdict === (claim.planted === undefined ? 'holds' : 'refuted')
const show = (found: Search) => {
  const { claim, verdict, states, depth, seconds, detail } = found
  const name = [claim.model, ...claim.defines].join(' ')
  const size = `${states.toLocaleString('en')} states, depth ${depth.toLocaleString('en')}, ${seconds} s`
  const what = claim.planted ?? 'one way for the money, and rest'
  const mark = asItMust(found) ? '✓' : '✗'
  console.log(`${mark} ${verdict.padEnd(8)} ${name}: ${what} (${size})`)
  if (asItMust(found)) return
  console.log(`    ${detail || 'no counterexample'}`)
  if (found.trail !== undefined) console.log(`    the counterexample is in ${keepTrail(found)}`)
}

const startedMs = performance.now()
const waiting = [...claims]
const found: Search[] = []
const searchOn = async () => {
  for (let claim = waiting.shift(); claim !== undefined; claim = waiting.shift()) {
    const one = await search(claim, patienceMs)
    found.push(one)
    if (!json) show(one)
  }
}
await Promise.all(Array.from({ length: atOnce }, searchOn))

const failed = found.filter(one => !asItMust(one)).length
const ok = failed === 0
const seconds = Math.round((performance.now() - startedMs) / 1000)
const proper = found.filter(({ claim }) => claim.planted === undefined)
const states = proper.reduce((sum, one) => sum + one.states, 0)
if (json) {
  const searches = found.map(({ trail, ...one }) => ({ ...one, asItMust: asItMust({ ...one }) }))
  console.log(JSON.stringify({ ok, checked: true, spin, states, seconds, searches }))
} else
  console.log(
    [
      `\n${proper.length} claims over ${states.toLocaleString('en')} states, ${found.length - proper.length} bugs to be found, ${seconds} s, by ${spin}`,
      `model: ${found.length - failed} passed, ${failed} failed`,
    ].join('\n'),
  )
process.exit(ok ? 0 : 1)
