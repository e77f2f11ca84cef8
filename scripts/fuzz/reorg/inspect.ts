import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import type { ForkingChain } from './chain.ts'
import type { Finding, FindingKind } from './finding.ts'
import type { Seen, WireBlock, WireLog } from './history.ts'
import type { Judgement } from './oracle.ts'
import { factsOf } from './truth.ts'

type BlockRow = { hash: string; number: string; parent_hash: string; seconds: string; canonical: boolean }
type EventRow = { fact: string; block_hash: string; log_index: number; canonical: boolean; type: string } & Record<
  string,
  unknown
>

/**
 * Compares the tables with the chain: with one reading of all of it by plain JSON-RPC where the indexer follows to the end, else with the
 * branch that it holds. Orphaned rows must all have been true once, and what the indexer ever held must all be there.
 */
export const inspect = async (
  db: pg.Pool,
  chain: ForkingChain,
  judgement: Judgement,
  { followed, late }: { followed: boolean; late: boolean },
): Promise<Finding[]> => {
  const findings: Finding[] = []
  const find = (kind: FindingKind, what: string) => findings.push({ kind, what })
  const name = `evm:${chain.chainId}`
  const first = chain.deployment.startBlock

  const truth = followed ? await readChain(chain, first) : heldBranch(chain, judgement, first)
  const { rows: blocks } = await db.query<BlockRow>(
    'select hash, number, parent_hash, extract(epoch from time)::bigint as seconds, canonical from chain_blocks where chain = $1',
    [name],
  )
  const canonical = new Map(blocks.filter(row => row.canonical).map(row => [row.hash, row]))
  for (const { hash, number } of truth)
    if (!canonical.has(hash)) find('missed', `block ${number} ${hash} is not in the tables as canonical`)
  const wanted = new Set(truth.map(({ hash }) => hash as string))
  for (const row of blocks) {
    const seen = chain.history.byHash.get(row.hash)
    if (row.canonical && Number(row.number) >= first && !wanted.has(row.hash))
      find('phantom', `block ${row.number} ${row.hash} is canonical in the tables`)
    if (seen === undefined) find('phantom', `block ${row.number} ${row.hash} never was`)
    else if (
      row.parent_hash !== seen.parentHash ||
      Number(row.number) !== seen.number ||
      BigInt(row.seconds) !== BigInt(seen.block.timestamp)
    )
      find('wrong', `block ${row.number} ${row.hash} has another parent, height or time`)
  }
  const known = new Set(blocks.map(row => row.hash))
  for (const hash of judgement.held) if (!known.has(hash)) find('missed', `block ${hash} was held and is forgotten`)

  const { rows: events } = await db.query<EventRow>('select * from chain_events where chain = $1', [name])
  const placed = new Map(events.map(row => [`${row.block_hash}/${row.fact}`, row]))
  for (const seen of truth)
    for (const fact of factsOf(seen).keys())
      if (!placed.get(`${seen.hash}/${fact}`)?.canonical) find('missed', `${fact} in block ${seen.number} is no canonical event`)
  // Where the node forgets, a block may have left before its events were known.
  for (const hash of late ? [] : judgement.held)
    for (const fact of hash === anchorOf(chain, first) ? [] : factsOf(chain.history.byHash.get(hash) ?? { logs: [] }).keys())
      if (!placed.has(`${hash}/${fact}`)) find('missed', `${fact} in block ${hash} is forgotten`)
  for (const row of events) {
    const was = factsOf(chain.history.byHash.get(row.block_hash) ?? { logs: [] }).get(row.fact)
    if (was === undefined) find('phantom', `${row.fact} in block ${row.block_hash} never was`)
    else if (row.type !== was.kind || row.log_index !== was.payload.logIndex || !sameAs(row, was.payload))
      find('wrong', `${row.fact} is kept as ${JSON.stringify(row)}`)
    if (row.canonical && !wanted.has(row.block_hash)) find('phantom', `${row.fact} in block ${row.block_hash} is canonical`)
  }

  const { rows: inbox } = await db.query('select fact, kind, subject, payload, revision from inbox where source = $1', [name])
  const included = new Map(truth.flatMap(seen => [...factsOf(seen)]))
  const told = new Map(inbox.map(row => [row.fact as string, row]))
  for (const [fact, is] of included) {
    const row = told.get(fact)
    if (row === undefined || row.payload.status !== 'included') find('missed', `${fact} is true and the inbox does not say it`)
    else if (!isDeepStrictEqual({ kind: row.kind, subject: row.subject, payload: row.payload }, { ...is }))
      find('wrong', `${fact} is told as ${JSON.stringify(row.payload)}`)
  }
  for (const row of inbox)
    if (row.payload.status === 'included' && !included.has(row.fact))
      find('phantom', `${row.fact} is told and is not on the chain`)
  return findings
}

const sameAs = (row: Record<string, unknown>, payload: Readonly<Record<string, unknown>>) =>
  row.escrow_id === payload.escrowId &&
  row.ref === payload.ref &&
  row.token === payload.token &&
  (row.amount ?? undefined) === payload.amount &&
  (row.payer ?? undefined) === payload.payer &&
  (row.payee ?? undefined) === payload.payee

const anchorOf = (chain: ForkingChain, first: number) =>
  [...chain.history.pathFrom(chain.tip().hash)].find(({ number }) => number === first - 1)?.hash

const heldBranch = ({ history }: ForkingChain, { cursor }: Judgement, first: number): Seen[] =>
  cursor === undefined ? [] : [...history.pathFrom(cursor)].filter(({ number }) => number >= first)

/** Not from the record: what the chain itself says now, in one go. */
const readChain = async ({ node, deployment }: ForkingChain, first: number): Promise<Seen[]> => {
  const height = Number(await node.one('eth_blockNumber'))
  const heights = Array.from({ length: height - first + 1 }, (_, i) => first + i)
  const blocks: WireBlock[] = await node.many(heights.map(number => ['eth_getBlockByNumber', `0x${number.toString(16)}`, false]))
  const logs: WireLog[] = await node.one('eth_getLogs', {
    ...{ address: deployment.escrow, fromBlock: `0x${first.toString(16)}`, toBlock: 'latest' },
  })
  return blocks.map(block => ({
    ...{ number: Number(block.number), hash: block.hash, parentHash: block.parentHash, block, receipts: [] },
    logs: logs.filter(log => log.blockHash === block.hash),
  }))
}
