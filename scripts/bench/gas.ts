import { measureGas } from './gas/measure.ts'

// `npm run bench:gas [-- --json]`: what the escrow costs over the bare token call, from receipts. Exits 1 when a bound is broken.
const report = await measureGas()
const broken = report.rows.filter(({ gas, overhead = gas, bound = Number.POSITIVE_INFINITY }) => overhead > bound)
const tooLong = Object.entries(report.bytecode).filter(([, bytes]) => bytes >= 24_576)

if (process.argv.includes('--json')) console.log(JSON.stringify({ ok: broken.length + tooLong.length === 0, ...report }))
else {
  const cell = (value: unknown, width: number) => String(value ?? '').padStart(width)
  console.log(`${'operation'.padEnd(30)}${cell('gas', 9)}${cell('overhead', 10)}${cell('bound', 8)}  over`)
  for (const { operation, gas, items, bare, overhead, bound } of report.rows)
    console.log(
      `${operation.padEnd(30)}${cell(gas, 9)}${cell(overhead, 10)}${cell(bound, 8)}  ${bare ? `${bare}${items > 1 ? ', per item' : ''}` : ''}`,
    )
  for (const [contract, bytes] of Object.entries(report.bytecode)) console.log(`${contract}: ${bytes} bytes of 24,576`)
  for (const { operation } of broken) console.log(`over its bound: ${operation}`)
}
process.exit(broken.length + tooLong.length > 0 ? 1 : 0)
