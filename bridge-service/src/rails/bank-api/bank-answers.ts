import { z } from 'zod'
import { type Currency, isCurrency } from '../../money/currency.ts'
import type { RailOrder, RailTransfer, StatementLine } from '../rail.ts'

// The bank's side of the wire, read only as far as we use it: a field that the bank adds breaks nothing, a status that it adds is not guessed at.

const currency = z.string().refine((code): code is Currency => isCurrency(code))
const signedMinor = z.string().regex(/^-?\d+$/)

export const bankTransfer = z.object({
  id: z.string().min(1),
  externalId: z.string().min(1),
  status: z.enum(['submitted', 'settled', 'rejected', 'returned']),
  returnCode: z.string().optional(),
  updatedAt: z.iso.datetime().optional(),
})

export const bankTransfers = z.object({ data: z.array(bankTransfer) })

/** The bank's echo of an order, with what tells it from another order. */
export const bankTransferEcho = bankTransfer.extend({
  direction: z.string(),
  rail: z.string(),
  amount: z.string(),
  currency: z.string(),
  account: z.string(),
  counterparty: z.object({ accountNumber: z.string(), routingNumber: z.string().optional() }),
})

export const bankProblem = z.object({ code: z.string().min(1), detail: z.string().default('') })

export const bankBalance = z.object({ accountId: z.string(), currency, balance: signedMinor })

export const bankStatement = z.object({
  data: z.array(
    z.object({
      cursor: z.string().min(1),
      transferId: z.string(),
      externalId: z.string(),
      amount: signedMinor,
      currency,
      // Some banks date what they book by the day.
      at: z.union([z.iso.datetime(), z.iso.date()]),
    }),
  ),
  next: z.string().min(1).optional(),
})

export const bankWebhook = z.object({
  type: z.enum([
    'transfer.submitted',
    'transfer.settled',
    'transfer.rejected',
    'transfer.returned',
    'transfer.return_reversed',
    'transfer.recalled',
  ]),
  timestamp: z.iso.datetime(),
  data: z.object({ id: z.string().min(1), externalId: z.string().min(1), returnCode: z.string().optional() }),
})

export const toRailTransfer = ({
  id,
  externalId,
  status,
  returnCode,
  updatedAt,
}: z.infer<typeof bankTransfer>): RailTransfer => ({
  bankTransferId: id,
  externalId,
  status,
  ...(returnCode === undefined ? {} : { rawCode: returnCode }),
  ...(updatedAt === undefined ? {} : { at: updatedAt }),
})

export const toStatementLine = (line: z.infer<typeof bankStatement>['data'][number]): StatementLine => ({
  cursor: line.cursor,
  bankTransferId: line.transferId,
  externalId: line.externalId,
  amountMinor: line.amount,
  currency: line.currency,
  at: line.at,
})

/** Some banks answer a known key with the old order, whatever the new one says: the echo must be ours in all that moves money. */
export const isEchoOf = (echo: z.infer<typeof bankTransferEcho>, order: RailOrder): boolean =>
  echo.externalId === order.externalId &&
  echo.direction === order.direction &&
  echo.rail === order.scheme &&
  echo.amount === order.amountMinor &&
  echo.currency === order.currency &&
  echo.account === order.account &&
  echo.counterparty.accountNumber === order.counterparty.accountNumber &&
  echo.counterparty.routingNumber === order.counterparty.routingNumber
