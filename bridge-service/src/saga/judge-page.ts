import { judgeLine, type LineVerdict } from '../rails/judge-line.ts'
import { momentOf } from '../rails/moment.ts'
import type { RailFact, RailOrder, StatementLine } from '../rails/rail.ts'
import type { StatementPage } from './statement-store.ts'

/** The order that a line names, as we know it. */
export type NamedOrder = {
  /** Of its intent; null when it is a refund's. */
  readonly key: string | null
  readonly order: RailOrder | undefined
  readonly status: string | null
  readonly isRefund: boolean
  /** What earlier lines have moved for it, minor units. */
  readonly earlier: readonly bigint[]
}
export type JudgedLine = {
  readonly line: StatementLine
  /** When it happened, ISO 8601. */
  readonly at: string
  readonly key: string | null
  readonly verdict: LineVerdict
  /** The saga has to hear of it. */
  readonly isNews: boolean
  readonly isRefund: boolean
}

/** Judges lines in their order, by the orders that they name. `readAtMs`: database time, of the first reading. */
export const judgePage = (
  { rail, account, lines }: StatementPage,
  readAtMs: number,
  orderOf: (externalId: string) => NamedOrder | undefined,
): JudgedLine[] => {
  const moved = new Map<string, bigint[]>()
  return lines.map(line => {
    const about = orderOf(line.externalId)
    const earlier = moved.get(line.externalId) ?? [...(about?.earlier ?? [])]
    const verdict = judgeLine(line, { rail, account }, about?.order, earlier)
    // Lines of one order stay in their order: a return that seems as old as the reversal before it would be taken for a stale one.
    const at = momentOf(line.at, readAtMs, earlier.length)
    moved.set(line.externalId, [...earlier, BigInt(line.amountMinor)])
    // What the webhook or the answer has told already is no news.
    const isKnown = verdict === 'settled' && about?.status === 'SUCCEEDED'
    const isNews = about?.order !== undefined && !isKnown
    return { line, at, key: about?.key ?? null, verdict, isNews, isRefund: about?.isRefund ?? false }
  })
}

/** A line as the inbox takes it from a webhook: a fact of its own, since two tellers of one truth are two facts. */
export const newsOf = ({ rail, account }: StatementPage, { line, at, verdict }: JudgedLine) => ({
  source: rail,
  fact: `statement:${account}:${line.cursor}`,
  subject: line.externalId,
  kind: verdict === 'mismatched' ? 'statementMismatch' : 'railFact',
  payload: payloadOf(line, at, verdict),
})

const payloadOf = ({ bankTransferId, externalId, amountMinor, currency }: StatementLine, at: string, verdict: LineVerdict) =>
  verdict !== 'mismatched' && verdict !== 'unexplained' && verdict !== 'opening'
    ? ({ type: verdict, bankTransferId, externalId, at } satisfies RailFact)
    : { bankTransferId, externalId, at, amountMinor, currency }
