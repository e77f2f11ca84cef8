import { type LeasedOrder, orderLimits } from '../../../bridge-service/src/deposits/orders.ts'
import type { UnmatchedMoney } from '../../../bridge-service/src/deposits/store.ts'
import type { StrayDeposit } from '../../../bridge-service/src/deposits/stray-deposit.ts'
import type { Transfer } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { isCounted, isOpenOrder } from '../memory/deposit-store.ts'
import { knownOf } from '../memory/stray-cases.ts'
import type { Call } from './calls.ts'
import { sorted } from './canonical.ts'
import type { Twins } from './twins.ts'

const chains = ['evm:1']

/** The next question of the desk of deposits, good or bad. */
export const deskCall = (random: Random, twins: Twins): Call =>
  random.pick([bringing, bringing, reading, reading, looking, settling, ordering, ordering, taking, taking, ending, ending])(
    random,
    twins,
  )

/** Money of which the saga has said that no transfer takes it, or whose block has gone. */
const bringing = (random: Random, { memory }: Twins): Call => {
  const known = [...memory.database.tables.stray_deposits.values()]
  const again = known.length > 0 && random.chance(0.3) ? random.pick(known) : undefined
  const fact = again?.fact ?? random.hex(6)
  const status = random.chance(0.7) ? 'included' : 'orphaned'
  const payload = { status, blockNumber: String(random.between(1, 9)), amount: String(random.between(0, 3) * 1_000) }
  const news = { source: 'evm:1', fact, subject: random.hex(32), kind: 'depositReceived', payload }
  return {
    name: 'bringing',
    run: async ({ store, tellFact }) => {
      await tellFact(news)
      // As the coordinator leaves what it finds no transfer for.
      await store.inTransaction(async tx => {
        const { unmatched } = await tx.claimFacts(1_000, [])
        const mine = unmatched.filter(each => each.fact === fact)
        await tx.consumeFacts(mine, [])
      })
    },
  }
}

const caseOf = ({ source, fact, subject, payload }: UnmatchedMoney, transfer: Transfer | undefined): StrayDeposit | undefined => {
  const units = payload.amount ?? '0'
  if (units === '3000') return undefined
  return {
    ...{
      id: `sd_${fact}`,
      chain: source,
      fact,
      ref: subject,
      transferId: transfer?.id ?? null,
      tenant: transfer?.tenant ?? null,
    },
    ...{
      escrowId: null,
      address: null,
      token: 't',
      units,
      payer: 'p',
      balanceId: null,
      refundAfter: units === '2000' ? 1_900_000_000 : null,
    },
    ...{ currency: 'USDC', bookedMinor: BigInt(units), reason: 'reference_unknown', state: 'waiting' },
  }
}

const reading = (): Call => ({ name: 'opening cases', run: ({ deposits }) => deposits.openCases(chains, caseOf) })

const looking = (): Call => ({
  name: 'looking at cases',
  run: async ({ deposits }) => sorted(await deposits.claimCases(chains)),
})

const anyCase = (random: Random, { memory }: Twins) => {
  const rows = [...memory.database.tables.stray_deposits.values()]
  return rows.length > 0 ? knownOf(random.pick(rows)) : undefined
}

const settling = (random: Random, twins: Twins): Call => {
  const id = anyCase(random, twins)?.id ?? 'sd_none'
  const state = random.pick(['gone', 'self_serve', 'person'] as const)
  const news = random.pick([{ detail: 'd' }, { code: 'c', detail: 'd' }, { reclaimAfter: 1_900_000_001 }])
  return { name: 'settling a case', run: ({ deposits }) => deposits.settleCase(id, state, news) }
}

const ordering = (random: Random, twins: Twins): Call => {
  const stray = anyCase(random, twins)
  return { name: 'ordering a return', run: async ({ deposits }) => stray && deposits.orderReturn(stray) }
}

const taking = (_random: Random, { memory, nowMs }: Twins): Call => {
  const orders = [...memory.database.tables.deposit_orders.values()].filter(isCounted)
  const due = orders.filter(({ status, next_at }) => status === 'PENDING' && next_at <= nowMs()).length
  const underWay = orders.filter(({ status }) => status === 'IN_FLIGHT').length
  // Of those that have waited equally long, nobody knows which find room.
  const isFair = underWay + due <= orderLimits.returning
  return {
    name: 'taking orders',
    run: async ({ deposits }) => (isFair ? sorted(await deposits.claimOrders(chains)) : undefined),
  }
}

const ending = (random: Random, { memory }: Twins): Call => {
  const all = [...memory.database.tables.deposit_orders.values()]
  const open = all.filter(isOpenOrder)
  const rows = open.length > 0 && random.chance(0.9) ? open : all
  if (rows.length === 0) return { name: 'ending an order', run: async () => {} }
  const order = { ...random.pick(rows), tried: true } as LeasedOrder
  const next = random.pick(['waiting', 'person'] as const)
  const refusal = { kind: 'refused', code: 'c', detail: 'd' } as const
  return random.pick<Call>([
    { name: 'ending an order', run: ({ deposits }) => deposits.endOrder(order, '0xab') },
    { name: 'failing an order', run: ({ deposits }) => deposits.failOrder(order, refusal, next) },
    { name: 'postponing an order', run: ({ deposits }) => deposits.postponeOrder(order, 500) },
  ])
}
