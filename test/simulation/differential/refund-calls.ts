import type { RefundRequest } from '../../../bridge-service/src/refunds/open-refund.ts'
import type { ClaimedRefund } from '../../../bridge-service/src/refunds/store.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { openLines } from '../memory/open-lines.ts'
import type { Call } from './calls.ts'
import { sorted } from './canonical.ts'
import type { Twins } from './twins.ts'

/** The next question about refunds, good or bad. */
export const refundCall = (random: Random, twins: Twins): Call =>
  random.pick([opening, opening, opening, claiming, claiming, ending, ending, hearing])(random, twins)

const opening = (random: Random, { memory }: Twins): Call => {
  const { tables } = memory.database
  const all = [...tables.transfers.values()].map(({ transfer }) => transfer)
  const good = all.filter(({ state }) => state === 'completed' || state === 'review')
  const known = good.length > 0 && random.chance(0.9) ? good : all
  if (known.length === 0) return { name: 'opening a refund', run: async () => {} }
  const transfer = random.pick(known)
  const lines = openLines(tables, transfer.id).map(({ currency, minor }) => ({ currency, minor: BigInt(minor) }))
  const { sourceAmount, destinationAmount } = transfer.terms
  const whole = random.pick([sourceAmount, destinationAmount, ...lines])
  const minor = BigInt(whole.minor)
  const amount = { currency: whole.currency, minor: String((minor < 0n ? -minor : minor) / BigInt(random.pick([1, 2, 3])) + 1n) }
  const request: RefundRequest = {
    ...{ id: `rf_${random.hex(random.chance(0.9) ? 6 : 1)}`, transferId: transfer.id, reason: 'x', requestedBy: 'api:k1' },
    tenant: random.pick([undefined, transfer.tenant, transfer.tenant, 'globex']),
    kind: random.pick(['owed', 'goodwill'] as const),
    amount: random.chance(0.5) ? undefined : amount,
  }
  return { name: 'opening a refund', run: ({ openRefund }) => openRefund(request) }
}

const claiming = (): Call => ({
  name: 'claiming refunds',
  run: async ({ refunds }) => sorted(await refunds.claim()),
})

const ending = (random: Random, { memory }: Twins): Call => {
  const rows = [...memory.database.tables.refunds.values()]
  if (rows.length === 0) return { name: 'ending a refund', run: async () => {} }
  const { id, refund_of: refundOf, kind, currency, minor, rail, lease_epoch } = random.pick(rows)
  const epoch = lease_epoch - (random.chance(0.3) ? 1 : 0)
  const claimed = { id, refundOf, kind, currency, minor: String(minor), rail, epoch } as ClaimedRefund
  return random.chance(0.7)
    ? { name: 'completing a refund', run: ({ refunds }) => refunds.complete(claimed, 'bt_1') }
    : { name: 'failing a refund', run: ({ refunds }) => refunds.fail(claimed, 'no') }
}

const hearing = (random: Random, { memory }: Twins): Call => {
  const rows = [...memory.database.tables.refunds.values()]
  const externalId = rows.length > 0 && random.chance(0.9) ? random.pick(rows).request.externalId : 'RF1'
  const type = random.pick(['submitted', 'settled', 'rejected', 'returned', 'returned', 'returnReversed'] as const)
  const rail = random.pick(['bank:sim', 'bank:sim', 'bank:sim', 'bank:other'])
  return { name: 'hearing of a refund', run: ({ hearRefund }) => hearRefund(rail, { type, externalId }) }
}
