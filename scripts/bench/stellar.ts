import { measureStellar } from './stellar/measure.ts'

// `npm run bench:stellar [-- --json]`: how long the local Stellar ledger takes for 1,000 operations. Exits 1 over 250 ms.
const report = await measureStellar()
const slow = report.ledgers.filter(({ closeMs }) => closeMs >= report.boundMs)

if (process.argv.includes('--json')) console.log(JSON.stringify({ ok: slow.length === 0, ...report }))
else {
  const cell = (value: unknown, width: number) => String(value).padStart(width)
  console.log(`ed25519 verifications/s, native, one thread: ${report.calibration.verificationsPerSecond}`)
  console.log(
    `${'ledger'.padEnd(12)}${cell('submit ms', 12)}${cell('close ms', 12)}${cell('ingest ms', 12)}${cell('verifications', 16)}`,
  )
  for (const { shape, submitMs, closeMs, ingestMs, closeInVerifications } of report.ledgers)
    console.log(
      `${shape.padEnd(12)}${cell(submitMs, 12)}${cell(closeMs, 12)}${cell(ingestMs, 12)}${cell(closeInVerifications, 16)}`,
    )
  for (const { shape } of slow) console.log(`over ${report.boundMs} ms: ${shape}`)
}
process.exit(slow.length > 0 ? 1 : 0)
