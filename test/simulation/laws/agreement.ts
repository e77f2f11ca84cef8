import type { ChainEvidence, Evidence } from '../evidence.ts'
import { ownerOf } from './at-addresses.ts'
import { isInHands } from './endings.ts'
import type { Law } from './finding.ts'
import { unheardRefundKeys } from './refund-orders.ts'
import { bookedAtBank, isDoubted } from './statements.ts'

/** Law 4: what the ledger and the pools say is what the bank and the chain hold. */
export const agreement: Law = evidence => {
  const { tables, chains, world } = evidence
  const broken: string[] = []
  const compare = (what: string, said: bigint, held: bigint, lost = 0n) => {
    if (said > held + lost || said < held - lost) broken.push(`${what}: the house says ${said}, there is ${held}`)
  }
  const balance = (account: string) =>
    BigInt(tables.ledger_balances.find(({ account_id }) => account_id === account)?.posted ?? '0')
  const pool = (name: string, held: bigint, lost?: bigint) => {
    const { total, reserved } = tables.liquidity_pools.find(({ id }) => id === name)!
    compare(`pool ${name}`, BigInt(total), held, lost)
    const promised = tables.reservations.filter(({ pool_id, status }) => pool_id === name && status === 'reserved')
    compare(
      `reserved of ${name}`,
      BigInt(reserved),
      promised.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
    )
  }

  // Of deposits only what is committed is ours to mind: what is merely locked goes back to its owner, by us or by anybody.
  const wanted = new Set(evidence.requests.flatMap(({ bodies }) => bodies.map(body => `${body.address} ${body.paidMinor}`)))
  for (const chain of chains) {
    const { id, escrows, treasuryMinor, treasuryStartMinor, mintedMinor, undone } = chain
    // By what a reorg took away for good after it was final the books may differ until a person has seen to it, and by no more.
    const lost = undone.reduce((sum, { amountMinor, isBack }) => (isBack ? sum : sum + BigInt(amountMinor)), 0n)
    const ofToken = (kind: string) => balance(`${kind}:${id}:USDC`)
    const ours = escrows.filter(({ terms }) => world.ownPayers.includes(terms.payer))
    const deposits = escrows.filter(({ terms }) => wanted.has(`${ownerOf(chain, terms.payer)} ${terms.amountMinor}`))
    const held = sumOf(ours.filter(escrow => isOpen(escrow) && escrow.terms.payer === world.treasury))
    compare(
      `escrow on ${id}`,
      ofToken('escrow'),
      sumOf([...ours.filter(isOpen), ...deposits.filter(({ status }) => status === 'committed')]),
      lost,
    )
    compare(`treasury on ${id}`, ofToken('treasury'), BigInt(treasuryMinor) - BigInt(treasuryStartMinor), lost)
    compare(`issued on ${id}`, -ofToken('issued'), BigInt(mintedMinor), lost)
    compare(
      `exposure on ${id}`,
      ofToken('exposure'),
      sumOf(ours.filter(({ status, terms }) => status === 'clawedBack' && terms.payer === world.treasury)),
    )
    // What is locked for a transfer is the pool's until it is delivered.
    const strange = tables.stray_deposits.filter(({ chain, state }) => chain === id && state === 'person')
    pool(`${id}:USDC`, BigInt(treasuryMinor) + held - strange.reduce((sum, { booked }) => sum + BigInt(booked), 0n), lost)
  }
  for (const own of world.ownAccounts) {
    const cash = balance(`bank_cash:${own.bank}:USD`)
    compare(`cash at ${own.bank}`, cash, knownToHouse(evidence, own))
    pool(`${own.bank}:USD`, BigInt(own.startMinor) + cash)
  }

  const kept = new Set(tables.reservations.map(({ transfer_id }) => transfer_id))
  for (const { transfer_id, type } of tables.transfer_events)
    if (type === 'liquidityReserved' && !kept.has(transfer_id)) broken.push(`${transfer_id}: liquidity is promised, not reserved`)
  return broken
}

type Escrows = ChainEvidence['escrows']

const isOpen = ({ status }: Escrows[number]) => status === 'locked' || status === 'committed'

const sumOf = (escrows: Escrows) => escrows.reduce((sum, { terms }) => sum + BigInt(terms.amountMinor), 0n)

type OwnAccount = Evidence['world']['ownAccounts'][number]

/** The balance of an account of ours, without what its bank never told of orders that it is silent about; and as booked, where its statement is in doubt. */
const knownToHouse = (evidence: Evidence, { account, bank: rail }: OwnAccount): bigint => {
  const { bank, tables } = evidence
  const refunds = unheardRefundKeys(evidence)
  const unknown = new Set(tables.intents.filter(({ status }) => status === 'UNKNOWN').map(({ key }) => key))
  const silent = new Set(
    bank.orders
      .filter(({ key, description }) => refunds.has(key) || (unknown.has(key) && isInHands(evidence, description)))
      .map(({ id }) => id),
  )
  const doubted = tables.transfers.filter(({ id }) => isDoubted(evidence, id)).map(({ id }) => id)
  const known = bank.orders.filter(({ id, description }) => !silent.has(id) && !doubted.includes(description))
  const left = new Set(known.filter(order => order.account === account).map(({ id }) => id))
  // That it has arrived is told by the other bank, whatever the first one keeps to itself.
  const came = new Set(bank.orders.filter(({ description }) => !doubted.includes(description)).map(({ id }) => id))
  return [
    ...bank.lines.filter(({ orderId }) => left.has(orderId)).map(({ amountMinor }) => BigInt(amountMinor)),
    ...bank.arrivals
      .filter(line => line.account === account && came.has(line.orderId))
      .map(({ amountMinor }) => BigInt(amountMinor)),
    ...doubted.map(id => bookedAtBank(evidence, id, rail)),
    ...byPersons(evidence, account, doubted),
  ].reduce((sum, minor) => sum + minor, 0n)
}

/** What persons have paid by hand, what customers have paid on their debts, and what they have found out about lines that no order explains. */
const byPersons = ({ house, bank, world }: Evidence, account: string, doubted: readonly string[]): bigint[] => {
  const paid = house.byHand.filter(({ transfer }) => account === world.ownAccount && !doubted.includes(transfer))
  const explained = house.papers.flatMap(({ type, isDone, payload }) => {
    if (type !== 'explainLine' || !isDone || payload.into === null || payload.account !== account) return []
    return bank.statement.filter(each => each.account === account && each.cursor === payload.cursor)
  })
  const repaid = account === world.ownAccount ? house.repayments : []
  return [...paid, ...repaid].map(({ minor }) => BigInt(minor)).concat(explained.map(({ amountMinor }) => BigInt(amountMinor)))
}
