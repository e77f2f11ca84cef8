import { z } from 'zod'
import type { Chain } from '../chains/chain.ts'
import type { Currency } from '../money/currency.ts'
import { fromJson } from '../money/money.ts'
import type { Action } from '../operators/action.ts'
import { rebalanceIdOf } from '../operators/perform.ts'
import { actionJson, actionSchema } from './operator-action-json.ts'
import { amount, amountJson, plainText, shownAmount, transferId } from './schemas.ts'
import { transferJson, transferSchema } from './transfer-json.ts'
import type { TransferRow } from './transfer-store.ts'

const poolId = plainText(120).describe(
  'A liquidity pool by its id, e.g. `bank:sim:USD` or `evm:31337:USDC`: see `GET /v1/liquidity`.',
)

export const rebalanceRequest = z
  .strictObject({
    from: poolId.describe('What has too much.'),
    to: poolId.describe('What lacks it.'),
    amount: amount.describe(
      'In the asset of either of the two, which must be worth the same. It costs nothing, and arrives whole.',
    ),
    reason: plainText(500).describe('Kept for ever, beside who said it.'),
  })
  .meta({ id: 'RebalanceRequest' })

export const rebalanceSchema = z
  .object({
    id: transferId.describe('Of the transfer, also while a second person has still to approve it.'),
    from: poolId,
    to: poolId,
    amount: shownAmount,
    request: actionSchema.describe('Who has asked for it, and whether a second person must approve it.'),
    transfer: transferSchema
      .nullable()
      .describe(
        'null until it is allowed. Where a chain has a part in it a liquidity provider stands in the customer’s place, and brings first: its source is then the pool that it fills.',
      ),
  })
  .meta({ id: 'Rebalance' })

export type RebalanceJson = z.output<typeof rebalanceSchema>

export const rebalanceJson = (
  action: Action,
  transfer: TransferRow | undefined,
  chains: ReadonlyMap<string, Chain>,
): RebalanceJson => {
  const { from, to, ...moved } = action.payload as { from: string; to: string; currency: Currency; minor: string }
  return {
    id: rebalanceIdOf(action.id),
    from,
    to,
    amount: amountJson(fromJson(moved)),
    request: actionJson(action, 'none'),
    transfer: transfer ? transferJson(transfer, transfer.updatedAt, chains) : null,
  }
}
