import { type TransferId, typeId } from '../../../bridge-service/src/transfer/id.ts'
import type { Deposit } from '../../../bridge-service/src/transfer/terms.ts'
import type { Unborn } from '../../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import { onramp } from '../../support/onramp.ts'

export const pools = ['pool_wide', 'pool_narrow'] as const

/** A transfer of any route, with ids that come from the dice. */
export const anyUnborn = (random: Random, nowMs: number): Unborn => {
  const ref = random.hex(32)
  const template = onramp()
  const { source, destination, chain, finality, hold, funding: _none, clearingMs, bankAccount, ...priced } = template.terms
  const common = {
    id: typeId<TransferId>('tr', random.hex(16).slice(2)),
    tenant: random.pick(['acme', 'globex']),
    definition: template.definition,
    state: template.state,
    version: template.version,
    progress: template.progress,
  }
  const terms = { ...priced, createdAt: new Date(nowMs).toISOString(), pool: random.pick(pools) }
  const treasury = { chain, finality, hold: { ...hold, ref }, ...(random.chance(0.2) ? { funding: 'mint' as const } : {}) }
  const debit = { clearingMs: random.pick([0, 3_600_000]), bankAccount }
  const deposit: Deposit = {
    chain: 'evm:1',
    finality: { level: random.pick(['safe', 'finalized'] as const), confirmations: 0 },
    terms: { ...hold, ref, refundAfter: Math.floor(nowMs / 1000) + 86_400, hardDeadline: Math.floor(nowMs / 1000) + 864_000 },
    dueAt: new Date(nowMs + 3_600_000).toISOString(),
    committedBy: 'escrow',
  }
  const payout = { payoutAccount: 'acct_2' }
  switch (random.between(0, 6)) {
    case 0:
      return { ...common, route: 'offramp', terms: { ...terms, source: destination, destination: source, deposit, ...payout } }
    case 1:
      return {
        ...common,
        route: 'remittance',
        terms: { ...terms, source, destination: source, ...treasury, ...debit, ...payout, commits: true },
      }
    case 2:
      return {
        ...common,
        route: 'crosschain',
        terms: { ...terms, source: destination, destination, ...treasury, deposit },
      }
    default:
      return { ...common, route: 'onramp', terms: { ...terms, source, destination, ...treasury, ...debit } }
  }
}
