import { AuditFailure } from './failure.ts'

export type ShownAmount = { readonly value: string; readonly asset: string }

/** What an audit reads of a transfer; the API shows more. */
export type LedgerTransfer = {
  readonly id: string
  readonly route: string
  readonly state: string
  readonly destination: { readonly type: string; readonly address?: string }
  readonly destinationAmount: ShownAmount
  readonly escrow: { readonly chain: string; readonly address: string | null; readonly ref: string; readonly id: string | null }
}

export type LedgerEntry = {
  readonly id: string
  readonly transferId: string
  readonly kind: string
  readonly postings: readonly { account: string; layer: 'posted' | 'pending'; amount: ShownAmount }[]
}

export type LedgerApi = {
  readonly transfers: () => AsyncGenerator<readonly LedgerTransfer[]>
  readonly transfer: (id: string) => Promise<LedgerTransfer>
  readonly entries: () => AsyncGenerator<readonly LedgerEntry[]>
  readonly entriesOf: (transferId: string) => Promise<readonly LedgerEntry[]>
}

type Page<T> = { readonly data: readonly T[]; readonly nextCursor: string | null }

/** The bridge's API, read as any integrator could. The key needs the scopes `transfers:read` and `ledger:read`. */
export const ledgerApi = (url: string, apiKey: string | undefined): LedgerApi => {
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(30_000),
    }).catch(cause => {
      throw new AuditFailure('ledger_unavailable', `${url}${path}: ${cause}`, { cause })
    })
    const body = (await response.json().catch(() => undefined)) as T & { code?: string }
    if (!response.ok || body === undefined)
      throw new AuditFailure('ledger_unavailable', `${path} answered ${response.status} ${body?.code ?? ''}`)
    return body
  }
  async function* pages<T>(path: string): AsyncGenerator<readonly T[]> {
    let cursor: string | null = null
    do {
      const query = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: Page<T> = await get(`${path}${path.includes('?') ? '&' : '?'}limit=100${query}`)
      yield page.data
      cursor = page.nextCursor
    } while (cursor !== null)
  }
  return {
    transfers: () => pages('/v1/transfers'),
    transfer: id => get(`/v1/transfers/${id}`),
    entries: () => pages('/v1/ledger/entries'),
    entriesOf: async transferId => {
      const all: LedgerEntry[] = []
      for await (const page of pages<LedgerEntry>(`/v1/ledger/entries?transferId=${transferId}`)) all.push(...page)
      return all
    },
  }
}
