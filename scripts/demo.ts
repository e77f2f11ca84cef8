import { bold, green, grey, narrator, red } from './demo/narrator.ts'
import { scenarios } from './demo/scenarios.ts'
import { stageFor } from './demo/stage.ts'
import { checkLaws, type Law } from './local/laws.ts'
import { startWorld } from './local/world.ts'

const json = process.argv.includes('--json')
const { say, ...rest } = narrator(json)
const startedMs = performance.now()
const seconds = (sinceMs: number) => Math.round((performance.now() - sinceMs) / 10) / 100

say(bold('Causeway: a fresh world in a temporary folder, on free ports'))
const world = await startWorld({
  blockMs: 250,
  stellarCloseMs: 1_000,
  secondBank: true,
  statementPollMs: 500,
  onProgress: (step, tookMs) => say(grey(`  ${step.padEnd(20)} ${String(tookMs).padStart(6)} ms`)),
})
const stop = async (code: number) => {
  await world.stop()
  process.exit(code)
}
process.once('SIGINT', () => void stop(130))
process.once('SIGTERM', () => void stop(143))

const stage = stageFor(world, { say, ...rest })
const results: { name: string; ok: boolean; seconds: number; error?: string }[] = []
for (const { letter, name, title, play } of scenarios) {
  rest.title(letter, title)
  const sinceMs = performance.now()
  try {
    await play(stage)
    results.push({ name, ok: true, seconds: seconds(sinceMs) })
    say(green(`          ✓ ${seconds(sinceMs)} s`))
  } catch (error) {
    results.push({ name, ok: false, seconds: seconds(sinceMs), error: String(error) })
    say(red(`          ✗ ${String(error)}`))
  }
}

say(`\n${bold('The laws, checked against the bank’s and the chain’s own books')}`)
const laws = await atRest()
for (const { name, ok, detail } of laws) say(`  ${ok ? green('✓') : red('✗')} ${name.padEnd(44)} ${grey(detail)}`)

const ok = results.every(result => result.ok) && laws.every(law => law.ok)
say(`\n${ok ? green('All of it holds') : red('It does not hold')}, in ${seconds(startedMs)} s.`)
if (!ok)
  for (const name of ['service', 'indexer'] as const) process.stderr.write(`--- ${name}\n${world.logOf(name).slice(-4_000)}\n`)
if (json) process.stdout.write(`${JSON.stringify({ scenarios: results, laws, ok })}\n`)
await stop(ok ? 0 : 1)

/** The laws hold at rest; the last housekeeping may take a moment. */
async function atRest(): Promise<Law[]> {
  const deadlineMs = performance.now() + 10_000
  for (;;) {
    const checked = await checkLaws(world)
    if (checked.every(law => law.ok) || performance.now() > deadlineMs) return checked
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}
