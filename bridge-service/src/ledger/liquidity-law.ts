import type { ClientBase } from 'pg'
import { type Law, minorTexts } from './law.ts'

type AccountOfPools = Record<'account_id' | 'total' | 'reserved' | 'posted' | 'locked' | 'strangers' | 'promised', string> & {
  readonly pools: readonly string[]
}

/**
 * What the pools of an account have is its posted balance, and what is locked out of it for a transfer that is not over, but for what
 * strangers sent, which goes back to them. What they have promised is the sum of the open reservations. Both hold at every commit.
 */
export const liquidityLaws = async (client: ClientBase): Promise<Law[]> => {
  const { rows } = await client.query<AccountOfPools>('select * from liquidity_accounts order by account_id')
  return rows.map(({ account_id, pools, ...texts }) => {
    const [total, reserved, posted, locked, strangers, promised] = [
      ...[texts.total, texts.reserved, texts.posted, texts.locked, texts.strangers, texts.promised],
    ].map(BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint]
    return {
      name: `liquidity_equals_account:${account_id}`,
      ok: total === posted + locked - strangers && reserved === promised,
      detail: { pools, ...minorTexts({ total, posted, locked, strangers, reserved, promised }) },
    }
  })
}
