import type { AddressAct } from '../../../bridge-service/src/deposits/address-store.ts'
import type { StrayDeposit } from '../../../bridge-service/src/deposits/stray-deposit.ts'
import type { Seen } from '../../../bridge-service/src/deposits/watched.ts'
import { addressTermsOf, depositOf } from '../../../bridge-service/src/transfer/hold.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { AddressRow } from '../memory/tables.ts'
import type { Call } from './calls.ts'
import { sorted } from './canonical.ts'
import type { Twins } from './twins.ts'

const chains = ['evm:1']

/** The next question of the sweeper of deposit addresses, good or bad. */
export const addressCall = (random: Random, twins: Twins): Call => {
  const rows = [...twins.memory.database.tables.deposit_addresses.values()]
  return rows.length === 0 ? claiming() : random.pick([claiming, acting, acting, keeping])(random, twins, rows)
}

const claiming = (): Call => ({
  name: 'claiming addresses',
  run: async ({ addresses }) => {
    const watched = await addresses.claimWatched(chains)
    return sorted(watched.map(each => ({ ...each, cases: sorted(each.cases) })))
  },
})

const acting = (random: Random, { memory }: Twins, rows: readonly AddressRow[]): Call => {
  const { transfer_id: transferId } = random.pick(rows)
  const { transfer } = memory.database.tables.transfers.get(transferId)!
  const terms = addressTermsOf(depositOf(transfer.terms)!)!
  const strayOf = (token: string): StrayDeposit => ({
    ...{ id: `sd_${random.hex(6)}`, chain: 'evm:1', fact: `at:${transferId}:${token}:${random.between(0, 2)}`, ref: terms.ref },
    ...{ transferId, tenant: transfer.tenant, token, units: String(random.between(1, 9)), reason: 'wrong_amount', payer: 'p' },
    ...{ currency: random.pick([null, 'USDC'] as const), escrowId: null, balanceId: null, address: terms },
    ...{ bookedMinor: 0n, refundAfter: null, state: 'waiting' },
  })
  const act: AddressAct = {
    ...{ transferId, chain: 'evm:1', terms, lock: random.chance(0.6) },
    strays: ['t', 'native'].filter(() => random.chance(0.5)).map(strayOf),
  }
  return { name: 'acting at an address', run: ({ addresses }) => addresses.act(act) }
}

const keeping = (random: Random, _twins: Twins, rows: readonly AddressRow[]): Call => {
  const seen = (transferId: AddressRow['transfer_id']): Seen => ({
    ...{ transferId, seen: BigInt(random.between(0, 9)), nextLookMs: random.pick([null, 1_000, 1_000, 86_400_000]) },
  })
  const some = rows.filter(() => random.chance(0.5)).map(({ transfer_id }) => seen(transfer_id))
  return { name: 'keeping what was seen', run: ({ addresses }) => addresses.keepSeen(some) }
}
