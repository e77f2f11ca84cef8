import type { Pool } from 'pg'
import type { Currency } from '../money/currency.ts'
import { type Money, money } from '../money/money.ts'

/** What we can pay out of one place: a bank account, or the treasury on a chain. */
export type LiquidityPool = {
  readonly id: string
  readonly currency: Currency
  readonly total: Money
  readonly reserved: Money
  /** Negative when a return has taken what was promised. */
  readonly available: Money
  /** That it stands for, alone or with others; null for one that was set up by hand. */
  readonly account: string | null
  readonly alert: { readonly lowWater: Money; readonly since: Date } | null
}

type Row = Record<'id' | 'currency' | 'total' | 'reserved', string> & {
  account: string | null
  low_water: string | null
  opened_at: Date | null
}

export const readPools = async (database: Pool): Promise<LiquidityPool[]> => {
  const { rows } = await database.query<Row>({
    name: 'read_pools',
    text: `select l.id, l.currency, l.total, l.reserved, l.account_id as account, a.low_water, a.opened_at
             from liquidity_pools l left join liquidity_alerts a on a.pool_id = l.id and a.cleared_at is null order by l.id`,
    values: [],
  })
  return rows.map(({ id, account, low_water, opened_at, ...row }) => {
    const currency = row.currency as Currency
    const [total, reserved] = [BigInt(row.total), BigInt(row.reserved)]
    return {
      id,
      currency,
      total: money(currency, total),
      reserved: money(currency, reserved),
      available: money(currency, total - reserved),
      account,
      alert: low_water === null ? null : { lowWater: money(currency, BigInt(low_water)), since: opened_at! },
    }
  })
}
