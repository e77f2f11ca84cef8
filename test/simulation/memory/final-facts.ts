import type { FinalFact } from '../../../bridge-service/src/saga/engine.ts'
import type { WaitKind } from '../../../bridge-service/src/transfer/wait.ts'
import type { Tables, WaitRow } from './tables.ts'

/** How a fact stands on a chain that neither halts nor alarms: the height at the wait's level, and its event where it is canonical. */
export type Standing = (wait: WaitRow) =>
  | {
      readonly height: bigint
      readonly event:
        | {
            readonly type: string
            readonly escrowId: string
            readonly ref: string
            readonly blockNumber: bigint
            /** What is a commit by another name: the claim of a deposit's balance, a plain payment. */
            readonly commits?: boolean
          }
        | undefined
    }
  | undefined

const typesOf: Readonly<Record<WaitKind, readonly string[]>> = {
  lock: ['escrowLocked'],
  deposit: ['escrowLocked', 'depositReceived'],
  commit: ['escrowCommitted'],
  release: ['escrowReleased'],
  depositRelease: ['escrowReleased'],
  refund: ['escrowRefunded'],
  depositRefund: ['escrowRefunded'],
}

/** The guards of the indexer's query: the newest truth was heard, the block is below the head of its level, the event is the one waited for. */
export const finalFacts = ({ finality_waits, inbox, transfers }: Tables, limit: number, standing: Standing): FinalFact[] => {
  const due: FinalFact[] = []
  for (const wait of finality_waits.values()) {
    if (due.length === limit) break
    const { transfer_id: transferId, kind, chain, fact } = wait
    const found = standing(wait)
    if (found?.event === undefined || wait.height > found.height) continue
    const { type, escrowId, ref, blockNumber, commits } = found.event
    const isWaitedFor = typesOf[kind].includes(type) || (kind === 'commit' && commits === true)
    if (blockNumber > found.height || !isWaitedFor) continue
    const news = inbox.get(`${chain} ${fact}`)
    if (news !== undefined && news.consumed < news.revision) continue
    const transfer = transfers.get(transferId)
    if (transfer !== undefined && (transfer.escrow_ref !== ref || transfer.parked_reason !== null)) continue
    due.push({ transferId, kind, fact, escrowId })
  }
  return due
}
