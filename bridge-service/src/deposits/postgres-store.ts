import type { Pool } from 'pg'
import { claimCases, orderReturn, settleCase } from './cases.ts'
import { endOrder, failOrder } from './end-order.ts'
import { openCases } from './open-cases.ts'
import { claimOrders, orderLimits, postponeOrder } from './orders.ts'
import type { DepositStore } from './store.ts'

export const postgresDepositStore = (pool: Pool): DepositStore => ({
  openCases: (...asked) => openCases(pool, ...asked),
  claimCases: chains => claimCases(pool, chains),
  settleCase: (...told) => settleCase(pool, ...told),
  orderReturn: stray => orderReturn(pool, stray),
  claimOrders: chains => claimOrders(pool, chains, orderLimits),
  postponeOrder: (order, delayMs) => postponeOrder(pool, order, delayMs),
  endOrder: (order, txHash) => endOrder(pool, order, txHash),
  failOrder: (...told) => failOrder(pool, ...told),
})
