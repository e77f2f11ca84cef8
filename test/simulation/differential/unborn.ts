import { type TransferId, typeId } from '../../../bridge-service/src/transfer/id.ts'
import type { Unborn } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { crosschain } from '../../support/crosschain.ts'
import { deposit, offramp } from '../../support/offramp.ts'
import { onramp } from '../../support/onramp.ts'
import { rebalance } from '../../support/rebalance.ts'
import { remittance } from '../../support/remittance.ts'

export const pools = ['pool_wide', 'pool_narrow'] as const

/** A transfer of any route, with ids that come from the dice. */
export const anyUnborn = (random: Random, nowMs: number): Unborn => {
  const ref = random.hex(32)
  const id = typeId<TransferId>('tr', random.hex(16).slice(2))
  const tenant = random.pick(['acme', 'globex'])
  const common = { pool: random.pick(pools), createdAt: new Date(nowMs).toISOString() }
  const held = {
    hold: { ...onramp().terms.hold, ref },
    clearingMs: random.pick([0, 3_600_000]),
    ...(random.chance(0.5) ? { returnableMs: random.pick([7_200_000, 172_800_000]) } : {}),
    ...(random.chance(0.2) ? { funding: 'mint' as const } : {}),
  }
  const seconds = Math.floor(nowMs / 1000)
  const deposited = {
    deposit: {
      ...deposit(random.pick(['escrow', 'balance'])),
      terms: { ...deposit().terms, ref, refundAfter: seconds + 864_000, hardDeadline: seconds + 8_640_000 },
      dueAt: new Date(nowMs + 86_400_000).toISOString(),
      ...(random.chance(0.5) ? { refundTo: `0x${'45'.repeat(20)}` } : {}),
    },
  }
  switch (random.between(0, 6)) {
    case 0:
      return { ...offramp({ ...common, ...deposited }), id, tenant }
    case 1:
      return { ...remittance({ ...common, ...held, commits: random.chance(0.7) }), id, tenant }
    case 2:
      return { ...crosschain({ ...common, ...deposited, hold: { ...crosschain().terms.hold, ref } }), id, tenant }
    case 3:
      return { ...rebalance(common), id, tenant }
    default:
      return { ...onramp({ ...common, ...held }), id, tenant }
  }
}
