import { z } from 'zod'
import { strayReasons, strayStates } from '../deposits/stray-deposit.ts'
import type { KnownStray } from '../deposits/stray-row.ts'
import { time } from './schemas.ts'

const suffix = '[0-7][0-9a-hjkmnp-tv-z]{25}'
export const strayIdShape = new RegExp(`^sd_${suffix}$`)

/** Whatever is not an id names nothing. */
export const strayId = z.string().regex(strayIdShape, 'deposit_not_found')

export const strayDepositSchema = z
  .object({
    id: strayId,
    chain: z.string(),
    transferId: z.string().nullable().describe('Of the transfer whose ref it came under; null: nobody’s.'),
    ref: z.string(),
    token: z.string(),
    asset: z.string().nullable().describe('null: none that we know.'),
    units: z.string().describe('As the chain counts: minor units of the token, on Stellar units of 10⁻⁷.'),
    payer: z.string().describe('To whom it goes back.'),
    reason: z.enum(strayReasons).describe('Why no transfer takes it.'),
    state: z
      .enum(strayStates)
      .describe(
        '`waiting`, `returning`, `returned`: we send it back, whole. `self_serve`: the payer, or anyone for him, takes it back himself from `reclaimAfter` on. `person`: our operators have it. `gone`: it is not there any more, and not by us.',
      ),
    reclaimAfter: time.nullable(),
    escrowId: z.string().nullable(),
    balanceId: z.string().nullable(),
    tx: z.string().nullable().describe('That brought it; null: it lies at a deposit address, whose balance we have seen.'),
    depositAddress: z.string().nullable().describe('Where it lies, or lay.'),
    returnTx: z.string().nullable(),
    code: z.string().nullable().describe('Why it is a person’s, or was not returned the first time.'),
    receivedAt: time,
    updatedAt: time,
  })
  .meta({ id: 'StrayDeposit' })

export const strayDepositJson = (stray: KnownStray): z.output<typeof strayDepositSchema> => ({
  id: stray.id,
  chain: stray.chain,
  transferId: stray.transferId,
  ref: stray.ref,
  token: stray.token,
  asset: stray.currency,
  units: stray.units,
  payer: stray.payer,
  reason: stray.reason,
  state: stray.state,
  reclaimAfter: stray.refundAfter === null ? null : new Date(stray.refundAfter * 1000).toISOString(),
  escrowId: stray.escrowId,
  balanceId: stray.balanceId,
  tx: stray.address ? null : stray.fact.split(':')[0]!,
  depositAddress: stray.address ? stray.fact.split(':')[0]! : null,
  returnTx: stray.txHash,
  code: stray.code,
  receivedAt: stray.receivedAt.toISOString(),
  updatedAt: stray.updatedAt.toISOString(),
})
