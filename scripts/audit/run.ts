import type { Address, Hash, PublicClient } from 'viem'
import { asked, auditClient, deploymentBlock, type PinnedBlock, pinBlock } from './chain.ts'
import { compareDomain, compareWithChain } from './compare.ts'
import { type AuditLog, decodeLog } from './decode.ts'
import type { Discrepancy } from './discrepancy.ts'
import { type Folded, foldEvents } from './fold.ts'
import { compareWithLedger, type LedgerSummary } from './ledger.ts'
import type { AuditOptions } from './options.ts'
import { type RawLog, readLogs } from './read-logs.ts'

export type AuditReport = {
  readonly ok: boolean
  readonly chainId: number
  readonly escrow: Address
  readonly fromBlock: bigint
  readonly block: PinnedBlock
  readonly events: number
  readonly skipped: number
  readonly escrows: { readonly all: number; readonly open: number; readonly released: number; readonly refunded: number }
  readonly tokens: readonly { token: Address; sequence: number; locked: bigint; credited: bigint }[]
  readonly ledger?: LedgerSummary
  readonly discrepancies: readonly Discrepancy[]
}

export type Progress = (what: 'blocks' | 'escrows' | 'transfers', done: number, of: number, note?: string) => void

/** The whole audit. Throws `AuditFailure` when it cannot be made; what it finds is in the report. */
export const audit = async (options: AuditOptions, progress: Progress = () => {}): Promise<AuditReport> => {
  const client = auditClient(options.rpc)
  const { escrow } = options
  const chainId = await asked('the chain id', client.getChainId())
  const block = await pinBlock(client, options.block)
  const fromBlock = options.fromBlock ?? (await deploymentBlock(client, escrow, block.number))
  const domain = await compareDomain(client, escrow, chainId, block.number)

  const { apply, folded } = foldEvents({ chainId, escrow })
  const misplaced: Discrepancy[] = []
  const order = { block: -1n, logIndex: -1 }
  const advance = (height: bigint, logs: number) =>
    progress('blocks', Number(height - fromBlock + 1n), Number(block.number - fromBlock + 1n), `${logs} events`)
  for await (const part of readLogs(client, { escrow, from: fromBlock, to: block.number }, advance)) {
    const times = await blockTimes(client, part)
    for (const raw of part) {
      const log = decodeLog(raw)
      misplaced.push(...misplacedLog(log, escrow, times, order))
      apply(log, times.get(raw.blockNumber)!.timestamp)
    }
  }

  const byChain = await compareWithChain(client, escrow, folded, block.number, (done, of) => progress('escrows', done, of))
  const ledger =
    options.ledgerUrl === undefined
      ? undefined
      : await compareWithLedger({ ...options, ledgerUrl: options.ledgerUrl }, { client, chainId, escrow, folded }, (done, of) =>
          progress('transfers', done, of),
        )
  const again = await asked(`block ${block.number} again`, client.getBlock({ blockNumber: block.number }))
  const changed: Discrepancy[] =
    again.hash === block.hash
      ? []
      : [{ code: 'block_changed', expected: `block ${block.number} to stay ${block.hash}`, found: again.hash }]

  const discrepancies = [
    ...domain,
    ...misplaced,
    ...folded.discrepancies,
    ...byChain,
    ...(ledger?.discrepancies ?? []),
    ...changed,
  ]
  return {
    ok: discrepancies.length === 0,
    chainId,
    escrow,
    fromBlock,
    block,
    ...{ events: folded.events, skipped: folded.skipped },
    escrows: count(folded),
    tokens: [...folded.tokens].map(([token, { sequence, locked, credited }]) => ({ token, sequence, locked, credited })),
    ...(ledger ? { ledger: ledger.summary } : {}),
    discrepancies,
  }
}

type Times = ReadonlyMap<bigint, { readonly hash: Hash; readonly timestamp: bigint }>

/** Headers of the blocks that hold the logs: when it was, and whether the logs are of these blocks. */
const blockTimes = async (client: PublicClient, logs: readonly RawLog[]): Promise<Times> => {
  const heights = [...new Set(logs.map(({ blockNumber }) => blockNumber))]
  const blocks = await asked(
    'headers of blocks with events',
    Promise.all(heights.map(blockNumber => client.getBlock({ blockNumber }))),
  )
  return new Map(blocks.map(({ number, hash, timestamp }) => [number, { hash, timestamp }]))
}

const misplacedLog = (
  { place, blockHash, address }: AuditLog,
  escrow: Address,
  times: Times,
  order: { block: bigint; logIndex: number },
): Discrepancy[] => {
  const found: Discrepancy[] = []
  const report = (expected: string, what: string) => found.push({ code: 'log_misplaced', place, expected, found: what })
  const header = times.get(place.block)?.hash
  if (header !== blockHash) report(`block ${header}`, `block ${blockHash}`)
  if (address.toLowerCase() !== escrow.toLowerCase()) report(`a log of ${escrow}`, `one of ${address}`)
  if (place.block < order.block || (place.block === order.block && place.logIndex <= order.logIndex))
    report(`after log ${order.logIndex} of block ${order.block}`, `log ${place.logIndex} of block ${place.block}`)
  Object.assign(order, { block: place.block, logIndex: place.logIndex })
  return found
}

const count = ({ escrows }: Folded) => {
  const statuses = [...escrows.values()].map(({ status }) => status)
  const of = (...wanted: number[]) => statuses.filter(status => wanted.includes(status)).length
  return { all: statuses.length, open: of(1, 4), released: of(2), refunded: of(3) }
}
