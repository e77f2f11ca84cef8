import type { Hex } from 'viem'
import type { Discrepancy, DiscrepancyCode } from './discrepancy.ts'
import { type Folded, type FoldedEscrow, status } from './fold.ts'
import type { LedgerEntry, LedgerTransfer, ShownAmount } from './ledger-api.ts'

type Sight = {
  readonly chainId: number
  readonly folded: Folded
  /** The contract's word on an escrow at the newest block. */
  readonly statusNow: (id: Hex) => Promise<number>
}

// What a transfer may call itself once its escrow has ended on chain.
const after: Partial<Record<number, ReadonlySet<string>>> = {
  [status.released]: new Set(['releasing', 'released', 'completed', 'review']),
  [status.refunded]: new Set(['refunding', 'refunded', 'crediting', 'compensated', 'review']),
}
const endedStates = new Set(['completed', 'compensated', 'canceled', 'failed'])

/** One transfer of the ledger and what is booked for it, against its escrow as the events tell it. */
export const judgeTransfer = async (
  transfer: LedgerTransfer,
  entries: readonly LedgerEntry[],
  { chainId, folded, statusNow }: Sight,
): Promise<Discrepancy[]> => {
  const id = transfer.escrow.id as Hex | null
  const asset = transfer.destinationAmount.asset
  const account = `escrow:evm:${chainId}:${asset}`
  const booked = entries.flatMap(({ postings }) =>
    postings.filter(posting => posting.account === account && posting.layer === 'posted').map(({ amount }) => minorOf(amount)),
  )
  const about = { transferId: transfer.id, ...(id === null ? {} : { escrowId: id }) }
  const found: Discrepancy[] = []
  const report = (code: DiscrepancyCode, expected: unknown, actual: unknown, escrow?: FoldedEscrow) =>
    found.push({
      code,
      ...about,
      ...(escrow ? { place: escrow.ended ?? escrow.locked } : {}),
      expected: `${expected}`,
      found: `${actual}`,
    })

  const escrow = id === null ? undefined : folded.escrows.get(id)
  if (escrow === undefined) {
    // Locked after the block that is audited, or not at all.
    if (booked.length > 0 && (id === null || (await statusNow(id)) === status.none))
      report('transfer_without_escrow', `escrow ${id} on chain, for ${booked.join(', ')} is booked`, 'none')
    return found
  }
  const { terms } = escrow
  if (transfer.escrow.ref.toLowerCase() !== terms.ref.toLowerCase())
    report('ledger_ref_mismatch', `ref ${terms.ref}`, transfer.escrow.ref, escrow)
  if (minorOf(transfer.destinationAmount) !== terms.amount)
    report('ledger_amount_mismatch', terms.amount, minorOf(transfer.destinationAmount), escrow)
  const { type, address } = transfer.destination
  if (type === 'chain_address' && address?.toLowerCase() !== terms.payee.toLowerCase())
    report('ledger_party_mismatch', `payee ${terms.payee}`, address, escrow)

  const allowed = after[escrow.status]
  if (allowed && !allowed.has(transfer.state))
    report('ledger_state_mismatch', `one of ${[...allowed].join(', ')}`, transfer.state, escrow)
  if (!allowed && endedStates.has(transfer.state) && (await statusNow(escrow.id)) === escrow.status)
    report('ledger_state_mismatch', 'a transfer that is under way, since its escrow is open', transfer.state, escrow)

  const wrong = booked.filter(amount => amount !== terms.amount && amount !== -terms.amount)
  if (wrong.length > 0) report('posting_mismatch', `postings of ${terms.amount} on ${account}`, wrong.join(', '), escrow)
  else {
    const net = booked.reduce((sum, amount) => sum + amount, 0n)
    const isOpen = allowed === undefined
    if (isOpen && net !== terms.amount && (await statusNow(escrow.id)) === escrow.status)
      report('posting_missing', `${terms.amount} on ${account}`, net, escrow)
    // A lock that was refunded before it was final for the ledger was never booked.
    const neverBooked = booked.length === 0 && escrow.status === status.refunded
    if (!isOpen && !neverBooked && (net !== 0n || booked.length === 0))
      report('posting_missing', `lock and exit on ${account}, which cancel out`, booked.join(', ') || 'none', escrow)
  }
  return found
}

/** All decimals are written out, so the digits are the minor units. */
const minorOf = ({ value }: ShownAmount): bigint => BigInt(value.replace('.', ''))
