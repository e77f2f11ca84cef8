import type { Log } from './log.ts'

const everyMs = 5_000

/** Says now and then how far a backfill has come; silent at the tip. */
export const createProgress = (log: Log, chain: string, far: bigint) => {
  let before: { readonly height: bigint; readonly atMs: number } | undefined
  return (height: bigint, nodeHeight: bigint, nowMs = performance.now()): void => {
    if (nodeHeight - height < far) {
      before = undefined
      return
    }
    before ??= { height, atMs: nowMs }
    const tookMs = nowMs - before.atMs
    if (tookMs < everyMs) return
    const blocksPerSecond = Number(height - before.height) / (tookMs / 1_000)
    const left = nodeHeight - height
    log('info', 'reading in what has happened', {
      ...{ chain, height, nodeHeight, blocksPerSecond: Math.round(blocksPerSecond) },
      secondsLeft: blocksPerSecond > 0 ? Math.round(Number(left) / blocksPerSecond) : undefined,
    })
    before = { height, atMs: nowMs }
  }
}
