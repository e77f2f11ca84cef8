import type { StatementLine } from '../../../bridge-service/src/rails/rail.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import { ownAccount, partnerAccount } from '../routes/wanted.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Settings } from '../settings.ts'
import type { Bank } from './bank.ts'

/** A line as the bank has written it, whether it shows it yet or not. */
export type WrittenLine = StatementLine & {
  readonly account: string
  /** The bank's order that it books; null of the opening balance, and of what is none of our orders. */
  readonly orderId: string | null
  readonly shownFromMs: number
}

export type BankStatement = {
  readonly accounts: readonly string[]
  readonly lines: (account: string) => readonly WrittenLine[]
  readonly entries: (account: string, after?: string) => { lines: StatementLine[]; next?: string }
  /** When the line behind a cursor is shown. Infinity while there is none. */
  readonly newsFromMs: (account: string, after?: string | null) => number
}

const linesOnPage = 3

/** The statements of our accounts: what the bank has booked, in its order, now and then late, with lines that are nobody's. */
export const writeStatement = (
  { nowMs }: Scheduler,
  random: Random,
  faults: Faults,
  bank: Bank,
  openingMinor: bigint,
  { linesDatedBy }: Pick<Settings, 'linesDatedBy'>,
): BankStatement => {
  const dated = (at: string) => (linesDatedBy === 'moment' ? at : at.slice(0, 10) + (linesDatedBy === 'day' ? '' : 'T00:00:00Z'))
  const written = new Map<string, WrittenLine[]>([
    [ownAccount, []],
    [partnerAccount, []],
  ])
  const write = (
    account: string,
    line: Pick<WrittenLine, 'orderId' | 'externalId' | 'bankTransferId'>,
    minor: bigint,
    delayMs = 0,
  ) => {
    const lines = written.get(account)!
    lines.push({
      ...line,
      account,
      cursor: String(lines.length + 1),
      amountMinor: minor.toString(),
      currency: account === ownAccount ? 'USD' : 'EUR',
      at: dated(new Date(nowMs()).toISOString()),
      // None is shown before those above it.
      shownFromMs: Math.max(nowMs() + delayMs, lines.at(-1)?.shownFromMs ?? 0),
    })
  }
  const isNobodys = { orderId: null, bankTransferId: 'bt_0' }

  write(ownAccount, { ...isNobodys, externalId: 'opening' }, openingMinor)
  bank.onBooked(({ order, amountMinor }) => {
    const { account, description: about, externalId } = order
    if (faults.strikes('statement: has a line that no order explains', about))
      write(account, { ...isNobodys, externalId: random.pick(['NOTPROVIDED', `CW${random.hex(16).slice(2)}`]) }, 700n)
    if (faults.strikes('statement: takes a fee under the name of an order', about))
      write(account, { ...isNobodys, externalId }, -25n)
    const delayMs = faults.strikes('statement: shows a line late', about) ? random.between(60, 3_600) * 1_000 : 0
    write(account, { orderId: order.id, externalId, bankTransferId: order.id }, amountMinor, delayMs)
  })

  return {
    accounts: [...written.keys()],
    lines: account => written.get(account)!,
    entries: (account, after) => {
      const shown = written.get(account)!.filter(({ shownFromMs }) => shownFromMs <= nowMs())
      const asked = Number(after ?? 0)
      const from = faults.strikes('statement: a page is served again')
        ? Math.max(0, asked - random.between(1, linesOnPage))
        : asked
      const page = shown.slice(from, from + linesOnPage)
      const lines = page.map(({ account: _account, orderId: _orderId, shownFromMs: _shownFromMs, ...line }) => line)
      return { lines, ...(from + linesOnPage < shown.length ? { next: lines.at(-1)!.cursor } : {}) }
    },
    newsFromMs: (account, after) => written.get(account)![Number(after ?? 0)]?.shownFromMs ?? Number.POSITIVE_INFINITY,
  }
}
