import { closeLines, type WantedLine } from '../../../bridge-service/src/operators/closing-lines.ts'
import type { Resolution } from '../../../bridge-service/src/transfer/event.ts'
import { openLines } from './open-lines.ts'
import { isUnheard, refundsOf } from './refunds.ts'
import type { Tables } from './tables.ts'

/** What a resolution closes of a transfer as its books stand. */
export const closingLines = (tables: Tables, transferId: string, wanted: readonly WantedLine[]): Resolution['closing'] =>
  closeLines(wanted, {
    open: openLines(tables, transferId),
    isRefundUnderWay: refundsOf(tables, transferId).some(row => isUnheard(tables, row)),
    currencyOf: account => tables.ledger_accounts.get(account)?.currency,
  })
