import { spawn } from 'node:child_process'
import { repository } from './local/child.ts'

type Result = { readonly ok: boolean; readonly output: string }

/** Runs a script of package.json, shows its output as it comes, or at its end, and returns it. */
const run = (script: string, show: 'asItComes' | 'atItsEnd' = 'asItComes'): Promise<Result> =>
  new Promise(resolve => {
    const child = spawn('npm', ['run', '--silent', script], { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk
        if (show === 'asItComes') process.stdout.write(chunk)
      })
    child.once('close', code => {
      if (show === 'atItsEnd') process.stdout.write(output)
      resolve({ ok: code === 0, output })
    })
  })

const escapeCharacter = String.fromCharCode(27)
/** Sums the numbers before a word in the closing lines of Hardhat (`12 passing`), vitest (`Tests  3 failed | 9 passed`) and our checks. */
const count = (output: string, pattern: RegExp): number =>
  [...output.replaceAll(new RegExp(`${escapeCharacter}\\[[0-9;]*m`, 'g'), '').matchAll(pattern)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  )

// Only the tests need the machine to themselves.
const tested = await run('test')
const results = [tested, ...(await Promise.all([run('check', 'atItsEnd'), run('model', 'atItsEnd')]))]
const all = results.map(({ output }) => output).join('\n')
const passed =
  count(all, /^\s*(\d+) passing/gm) + count(all, /^\s*Tests\s.*?(\d+) passed/gm) + count(all, /^(?:checks|model): (\d+) passed/gm)
const told =
  count(all, /^\s*(\d+) failing/gm) +
  count(all, /^\s*Tests\s.*?(\d+) failed/gm) +
  count(all, /^(?:checks|model): .*, (\d+) failed/gm)
// A runner that died without counting has failed all the same.
const failed = Math.max(told, results.filter(({ ok }) => !ok).length)
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
