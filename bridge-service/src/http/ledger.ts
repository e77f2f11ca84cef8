import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../errors.ts'
import type { BankBalance } from '../ledger/cash-law.ts'
import type { EscrowOnChain } from '../ledger/escrow-law.ts'
import { proveLedger } from '../ledger/proof.ts'
import { accountExists, readBalances, readEntries } from '../ledger/store.ts'
import type { Currency } from '../money/currency.ts'
import { terminalStates } from '../transfer/state.ts'
import { decodeCursor, pageFrom, pageOf, pageQuery } from './pages.ts'
import { amountJson, bearer, guarded, plainText, problems, shownAmount, shows, time } from './schemas.ts'
import type { ServerDeps } from './server-deps.ts'

const accountSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['asset', 'liability', 'income', 'expense', 'equity', 'clearing']),
    posted: shownAmount.describe('Debit is positive, credit negative.'),
    pending: shownAmount.describe('Holds.'),
  })
  .meta({ id: 'LedgerAccount' })

const entrySchema = z
  .object({
    id: z.string(),
    transferId: z.string().describe('Or the name of what is not a transfer, such as `opening`.'),
    version: z.int().describe('The event of the transfer that booked it.'),
    kind: z.string(),
    at: time,
    postings: z.array(
      z.object({
        account: z.string(),
        layer: z.enum(['posted', 'pending']),
        amount: shownAmount.describe('Debit is positive, credit negative.'),
      }),
    ),
  })
  .meta({ id: 'LedgerEntry' })

const proofSchema = z
  .object({
    ok: z.boolean(),
    at: time,
    laws: z.array(
      z.object({
        name: z.string(),
        ok: z.boolean(),
        detail: z.record(z.string(), z.unknown()).describe('Amounts are minor units as decimal strings.'),
      }),
    ),
  })
  .meta({ id: 'LedgerProof' })

// A proof waits no longer for a bank than this: silence is `unknown`.
const bankPatienceMs = 5_000

/** The books, for auditors and operators: they are the house's, not a tenant's. */
export const ledgerRoutes =
  (deps: ServerDeps): FastifyPluginAsyncZod =>
  async app => {
    const { pool } = deps
    const common = { tags: ['Ledger'], security: bearer }
    const config = { scope: 'ledger:read' } as const

    app.get('/ledger/accounts', {
      config,
      schema: {
        ...common,
        operationId: 'listLedgerAccounts',
        summary: 'All accounts with their balances',
        querystring: z.strictObject({}),
        response: { 200: shows('All accounts.', z.object({ data: z.array(accountSchema) })), ...problems(...guarded) },
      },
      handler: async () => ({
        data: (await readBalances(pool)).map(({ id, kind, posted, pending }) => ({
          id,
          kind,
          posted: amountJson(posted),
          pending: amountJson(pending),
        })),
      }),
    })

    app.get('/ledger/entries', {
      config,
      schema: {
        ...common,
        operationId: 'listLedgerEntries',
        summary: 'Entries with their postings, newest first',
        description:
          'Entries of about the same time may stand in any order; those of one transfer stand in the order of its events.',
        querystring: z.strictObject({
          ...pageQuery,
          transferId: plainText(64).optional(),
          account: plainText(128).optional(),
        }),
        response: { 200: shows('A page.', pageOf(entrySchema)), ...problems(...guarded, 'account_not_found', 'cursor_invalid') },
      },
      handler: async request => {
        const { cursor, limit, ...filter } = request.query
        const ofTransfer = filter.transferId !== undefined
        const list = ofTransfer ? 'transfer_entries' : 'entries'
        const before = decodeCursor(list, cursor, ofTransfer ? /^\d{1,9}$/ : /^\d{1,18}$/)
        const entries = await readEntries(pool, filter, before, limit + 1)
        if (entries.length === 0 && filter.account !== undefined && !(await accountExists(pool, filter.account)))
          throw new BridgeError('account_not_found', { account: filter.account })
        return pageFrom(
          list,
          entries,
          limit,
          entry => (ofTransfer ? String(entry.version) : entry.position),
          ({ position, transferId, version, kind, at, postings }) => ({
            id: position,
            transferId,
            version,
            kind,
            at: at.toISOString(),
            postings: postings.map(posting => ({ ...posting, amount: amountJson(posting.amount) })),
          }),
        )
      },
    })

    app.get('/ledger/proof', {
      config,
      schema: {
        ...common,
        operationId: 'proveLedger',
        summary: 'Prove the books, against the chains and the banks too',
        description: 'Reads all of it: for a look now and then, not for a dashboard.',
        querystring: z.strictObject({}),
        response: { 200: shows('Every law, and whether it holds.', proofSchema), ...problems(...guarded) },
      },
      handler: async () => {
        const at = new Date(deps.nowMs()).toISOString()
        const proof = await proveLedger(pool, {
          terminalStates,
          escrows: escrowsOf(deps),
          askBanks: () => bankBalancesOf(deps),
        })
        return { ok: proof.ok, at, laws: proof.laws.map(law => ({ ...law, detail: { ...law.detail } })) }
      },
    })
  }

const escrowsOf = ({ config, chains }: ServerDeps): EscrowOnChain[] =>
  config.chains.flatMap(({ id, tokens }) =>
    Object.entries(tokens).map(([currency, token]) => ({
      chain: id,
      currency: currency as Currency,
      token,
      payers: [chains.get(id)?.treasury ?? '', chains.get(id)?.mintPayer(currency as Currency) ?? ''],
    })),
  )

const bankBalancesOf = ({ config, rails }: ServerDeps): Promise<BankBalance[]> =>
  Promise.all(
    config.banks.flatMap(bank =>
      Object.entries(bank.accounts).map(async ([currency, account]): Promise<BankBalance> => {
        const known = { bank: bank.id, account, currency: currency as Currency }
        const answer = await withPatience(rails.get(bank.id)?.balance(account))
        return { ...known, amountMinor: answer?.currency === currency ? answer.amountMinor : null }
      }),
    ),
  )

const withPatience = async <T>(answer: Promise<T> | undefined): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), bankPatienceMs)
  })
  try {
    return await Promise.race([answer, late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
