import type { AuditReport, Progress } from './run.ts'

/** The report for people. */
export const showReport = (report: AuditReport): string => {
  const { chainId, escrow, fromBlock, block, events, skipped, escrows, tokens, ledger, discrepancies } = report
  const at = { finalized: 'finalized', given: 'as asked', latest: 'the newest: this node knows no finality' }[block.by]
  const lines = [
    `escrow    ${escrow} on chain ${chainId}`,
    `blocks    ${fromBlock} to ${block.number} (${at}), ${block.hash}`,
    `events    ${events}, of which ${skipped} are skipped items of batches`,
    `escrows   ${escrows.all}: ${escrows.open} open, ${escrows.released} released, ${escrows.refunded} refunded`,
    ...tokens.map(
      ({ token, sequence, locked, credited }) => `token     ${token}: event ${sequence}, locked ${locked}, credited ${credited}`,
    ),
    ...(ledger
      ? [`ledger    ${ledger.transfers} transfers, ${ledger.matched} escrows matched, ${ledger.foreign} of strangers`]
      : []),
    ...discrepancies.flatMap(({ code, place, expected, found, token, escrowId, transferId }) => [
      '',
      `✗ ${code}${place ? ` in block ${place.block}, log ${place.logIndex}, ${place.txHash}` : ''}`,
      ...(escrowId ? [`  escrow   ${escrowId}`] : []),
      ...(token ? [`  token    ${token}`] : []),
      ...(transferId ? [`  transfer ${transferId}`] : []),
      `  expected ${expected}`,
      `  found    ${found}`,
    ]),
    '',
    report.ok ? '✓ no discrepancy' : `✗ ${discrepancies.length} discrepancies`,
  ]
  return lines.join('\n')
}

/** The report for machines, on one line; amounts and heights as decimal strings. */
export const jsonReport = (report: AuditReport): string =>
  JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? value.toString() : value))

const everyMs = 250
const width = 30

/** A bar on a terminal; nothing elsewhere, and nothing for what is over in a moment. */
export const progressBar = (stream: NodeJS.WriteStream): { progress: Progress; end: () => void } => {
  const startedMs = performance.now()
  let shownMs = startedMs
  let shown = false
  const clear = () => {
    if (shown) stream.write('\r\u001b[2K')
    shown = false
  }
  const progress: Progress = (what, done, of, note = '') => {
    const nowMs = performance.now()
    if (!stream.isTTY || nowMs - shownMs < everyMs) return
    shownMs = nowMs
    const full = Math.round((width * done) / Math.max(of, 1))
    const seconds = Math.round((nowMs - startedMs) / 1000)
    stream.write(`\r\u001b[2K${'█'.repeat(full)}${'░'.repeat(width - full)} ${done}/${of} ${what} ${note} ${seconds} s`)
    shown = true
  }
  return { progress, end: clear }
}
