import type { Evidence } from '../evidence.ts'
import { isInHands } from './endings.ts'
import type { Law } from './finding.ts'

/** Law 4: what the ledger and the pools say is what the bank and the chain hold. */
export const agreement: Law = evidence => {
  const { tables, chain, world } = evidence
  const broken: string[] = []
  const compare = (what: string, said: bigint, held: bigint) => {
    if (said !== held) broken.push(`${what}: the house says ${said}, there is ${held}`)
  }
  const balance = (account: string) =>
    BigInt(tables.ledger_balances.find(({ account_id }) => account_id === account)?.posted ?? '0')
  const ofToken = (kind: string) => balance(`${kind}:${world.chain}:USDC`)
  const ours = chain.escrows.filter(({ terms }) => world.ownPayers.includes(terms.payer))
  const [treasury] = world.ownPayers
  const total = (escrows: Evidence['chain']['escrows']) => escrows.reduce((sum, { terms }) => sum + BigInt(terms.amountMinor), 0n)

  compare('bank cash', balance('bank_cash:USD'), knownToHouse(evidence))
  compare('escrow', ofToken('escrow'), total(ours.filter(({ status }) => status === 'locked' || status === 'committed')))
  compare('treasury', ofToken('treasury'), BigInt(chain.treasuryMinor) - BigInt(world.treasuryStartMinor))
  compare('issued', -ofToken('issued'), BigInt(chain.mintedMinor))
  compare(
    'exposure',
    ofToken('exposure'),
    total(ours.filter(({ status, terms }) => status === 'clawedBack' && terms.payer === treasury)),
  )
  for (const pool of tables.liquidity_pools) {
    compare(`pool ${pool.id}`, BigInt(pool.total), BigInt(chain.treasuryMinor))
    const reserved = tables.reservations
      .filter(({ status }) => status === 'reserved')
      .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    compare(`reserved of ${pool.id}`, BigInt(pool.reserved), reserved)
  }
  return broken
}

/** The bank's balance, without what it never told of orders that it is silent about. */
const knownToHouse = (evidence: Evidence): bigint => {
  const { bank } = evidence
  const silent = new Set(
    bank.orders
      .filter(({ key, description }) => bank.silentKeys.includes(key) && isInHands(evidence, description))
      .map(({ id }) => id),
  )
  return bank.lines.reduce((sum, { orderId, amountMinor }) => (silent.has(orderId) ? sum : sum + BigInt(amountMinor)), 0n)
}
