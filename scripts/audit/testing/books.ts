import { createServer } from 'node:http'
import type { Hex } from 'viem'
import type { LedgerEntry, LedgerTransfer } from '../ledger-api.ts'
import { type LockedTerms, termsId } from '../terms-id.ts'
import type { startHistory } from './history.ts'

type History = Awaited<ReturnType<typeof startHistory>>
type Ending = 'released' | 'refunded' | 'open'

export type Books = { transfers: LedgerTransfer[]; entries: LedgerEntry[] }

const shown = (minor: bigint) => {
  const digits = String(minor < 0n ? -minor : minor).padStart(7, '0')
  return { value: `${minor < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`, asset: 'USDC' }
}

/** What the ledger of a bridge that made this history would say: a transfer and its postings for each escrow of its treasury. */
export const honestBooks = (history: History): Books => {
  const { three } = history
  const ended: [LockedTerms, Ending][] = [
    ...[history.released, history.committed, history.claimed, history.credited, three[0]!, three[1]!, history.lateCommitted].map(
      terms => [terms, 'released'] as [LockedTerms, Ending],
    ),
    ...[history.refunded, three[2]!, history.late].map(terms => [terms, 'refunded'] as [LockedTerms, Ending]),
    ...[history.open, history.openCommitted].map(terms => [terms, 'open'] as [LockedTerms, Ending]),
  ]
  const chain = `evm:${history.chainId}`
  const states = { released: 'completed', refunded: 'compensated', open: 'clearing' }
  return {
    transfers: ended.map(([terms, ending], at) => ({
      ...{ id: `tr_${at}`, route: 'onramp', state: states[ending] },
      destination: { type: 'chain_address', address: terms.payee },
      destinationAmount: shown(terms.amount),
      escrow: { chain, address: history.escrow, ref: terms.ref, id: termsId(terms, history) },
    })),
    entries: ended.flatMap(([{ amount }, ending], at) => {
      const entry = (kind: string, minor: bigint, other: string): LedgerEntry => ({
        ...{ id: `en_${at}_${kind}`, transferId: `tr_${at}`, kind },
        postings: [
          { account: `escrow:${chain}:USDC`, layer: 'posted', amount: shown(minor) },
          { account: other, layer: 'posted', amount: shown(-minor) },
        ],
      })
      const lock = entry('lockFinalized', amount, `treasury:${chain}:USDC`)
      if (ending === 'open') return [lock]
      return [lock, entry(`${ending}Finalized`, -amount, ending === 'released' ? 'exchange:USDC' : `treasury:${chain}:USDC`)]
    }),
  }
}

/** The part of the API that an audit reads, over books that the test may cook. */
export const startLedger = async () => {
  const ledger = { books: { transfers: [], entries: [] } as Books, url: '', key: 'key', stop: async () => {} }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://ledger')
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.headers.authorization !== `Bearer ${ledger.key}`) return answer(401, { code: 'unauthorized' })
    const page = <T>(rows: readonly T[]) => {
      const from = Number(searchParams.get('cursor') ?? 0)
      // Short pages, so that there are several.
      const next = from + 5
      return answer(200, { data: rows.slice(from, next), nextCursor: next < rows.length ? String(next) : null })
    }
    const { transfers, entries } = ledger.books
    if (pathname === '/v1/transfers') return page(transfers)
    const of = searchParams.get('transferId')
    if (pathname === '/v1/ledger/entries')
      return page(of === null ? entries : entries.filter(({ transferId }) => transferId === of))
    const transfer = transfers.find(({ id }) => pathname === `/v1/transfers/${id}`)
    return transfer ? answer(200, transfer) : answer(404, { code: 'transfer_not_found' })
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  ledger.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  ledger.stop = async () => {
    server.closeAllConnections()
    await new Promise(closed => server.close(closed))
  }
  return ledger
}

export type Cook = (books: Books) => Books

/** Books in which one transfer is told otherwise. */
export const transferOf =
  (id: Hex, change: (transfer: LedgerTransfer) => object): Cook =>
  ({ transfers, entries }) => ({
    transfers: transfers.map(transfer => (transfer.escrow.id === id ? { ...transfer, ...change(transfer) } : transfer)),
    entries,
  })

/** Books in which the entries of one transfer are others. */
export const entriesOf =
  (id: Hex, change: (entries: readonly LedgerEntry[]) => readonly LedgerEntry[]): Cook =>
  ({ transfers, entries }) => {
    const owner = transfers.find(transfer => transfer.escrow.id === id)!.id
    const [his, others] = [
      entries.filter(({ transferId }) => transferId === owner),
      entries.filter(({ transferId }) => transferId !== owner),
    ]
    return { transfers, entries: [...others, ...change(his)] }
  }
