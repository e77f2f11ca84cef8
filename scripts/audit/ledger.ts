import { setTimeout as delay } from 'node:timers/promises'
import type { Address, Hex, PublicClient } from 'viem'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { asked } from './chain.ts'
import type { Discrepancy } from './discrepancy.ts'
import type { Folded } from './fold.ts'
import { judgeTransfer } from './judge-transfer.ts'
import { type LedgerEntry, type LedgerTransfer, ledgerApi } from './ledger-api.ts'

export type LedgerSummary = {
  /** Transfers of the ledger whose escrow is, or will be, in this contract. */
  readonly transfers: number
  /** Escrows that belong to one of them. */
  readonly matched: number
  /** Escrows of parties that the ledger knows nothing of: anyone may lock tokens of his own. */
  readonly foreign: number
}

type Chain = { client: PublicClient; chainId: number; escrow: Address; folded: Folded }

const betweenLooksMs = 500

/** Every escrow against its transfer and postings, and every transfer against its escrow. */
export const compareWithLedger = async (
  { ledgerUrl, apiKey, patienceMs }: { ledgerUrl: string; apiKey?: string; patienceMs: number },
  { client, chainId, escrow, folded }: Chain,
  progress: (done: number, of: number) => void,
): Promise<{ summary: LedgerSummary; discrepancies: Discrepancy[] }> => {
  const api = ledgerApi(ledgerUrl, apiKey)
  const entries = new Map<string, LedgerEntry[]>()
  for await (const page of api.entries())
    for (const entry of page) entries.set(entry.transferId, [...(entries.get(entry.transferId) ?? []), entry])
  const transfers: LedgerTransfer[] = []
  for await (const page of api.transfers()) transfers.push(...page.filter(isHere(chainId, escrow)))

  const statusNow = (id: Hex): Promise<number> =>
    asked(
      'the status of an escrow',
      client.readContract({ abi: escrowAbi, address: escrow, functionName: 'statusOf', args: [id] }),
    )
  const judged = async (transfer: LedgerTransfer): Promise<Discrepancy[]> => {
    let found = await judgeTransfer(transfer, entries.get(transfer.id) ?? [], { chainId, folded, statusNow })
    // The ledger books what is final a little after it is: a difference counts when it is still there after a while.
    for (let waitedMs = 0; found.length > 0 && waitedMs < patienceMs; waitedMs += betweenLooksMs) {
      await delay(betweenLooksMs)
      const [again, booked] = await Promise.all([api.transfer(transfer.id), api.entriesOf(transfer.id)])
      found = await judgeTransfer(again, booked, { chainId, folded, statusNow })
    }
    return found
  }
  const discrepancies: Discrepancy[] = []
  // Side by side, since one that has to be looked at again takes seconds.
  const width = 16
  for (let start = 0; start < transfers.length; start += width) {
    const part = transfers.slice(start, start + width)
    discrepancies.push(...(await Promise.all(part.map(judged))).flat())
    progress(Math.min(start + width, transfers.length), transfers.length)
  }

  const ids = new Set(transfers.map(({ escrow }) => escrow.id?.toLowerCase()))
  const matched = [...folded.escrows.values()].filter(({ id }) => ids.has(id.toLowerCase()))
  const payers = new Set(matched.map(({ terms }) => terms.payer))
  const unmatched = [...folded.escrows.values()].filter(({ id }) => !ids.has(id.toLowerCase()))
  const orphans = unmatched.filter(({ terms }) => payers.has(terms.payer))
  for (const { id, terms, locked } of orphans)
    discrepancies.push({
      ...{ code: 'escrow_without_transfer', place: locked, escrowId: id, token: terms.token },
      ...{ expected: `a transfer with ref ${terms.ref}`, found: `none, though ${terms.payer} pays the escrows of others` },
    })
  discrepancies.push(...strayPostings(entries, transfers, chainId))
  return {
    summary: { transfers: transfers.length, matched: matched.length, foreign: unmatched.length - orphans.length },
    discrepancies,
  }
}

const isHere =
  (chainId: number, escrow: Address) =>
  ({ escrow: { chain, address } }: LedgerTransfer) =>
    chain === `evm:${chainId}` && (address === null || address.toLowerCase() === escrow.toLowerCase())

/** What is booked on the escrow account for something that is no transfer of this contract. */
const strayPostings = (
  entries: ReadonlyMap<string, readonly LedgerEntry[]>,
  transfers: readonly LedgerTransfer[],
  chainId: number,
): Discrepancy[] => {
  const known = new Set(transfers.map(({ id }) => id))
  return [...entries]
    .filter(([transferId]) => !known.has(transferId))
    .flatMap(([transferId, booked]) =>
      booked.flatMap(({ id, postings }) =>
        postings
          .filter(({ account, layer }) => account.startsWith(`escrow:evm:${chainId}:`) && layer === 'posted')
          .map(({ account, amount }) => ({
            ...{ code: 'ledger_total_mismatch' as const, transferId },
            ...{ expected: `postings on ${account} of transfers only`, found: `${amount.value} in entry ${id}` },
          })),
      ),
    )
}
