import { z } from 'zod'
import { type ErrorCode, errors } from '../errors.ts'
import { type Currency, currencies } from '../money/currency.ts'
import { formatDecimal, type Money } from '../money/money.ts'
import { problemType } from './problem.ts'

// A schema's message that is a stable code becomes the code of the problem; what is missing is `request_invalid`.
const coded = (code: ErrorCode) => ({ error: (issue: { input?: unknown }) => (issue.input === undefined ? undefined : code) })

const assets = Object.keys(currencies) as [Currency, ...Currency[]]

export const asset = z.enum(assets, coded('asset_unknown'))

/** An amount that somebody asks for. Decimals are checked against the asset where the amount is read. */
export const amount = z
  .strictObject({
    value: z
      .string(coded('amount_invalid'))
      .describe('A plain decimal string with at most the decimals of the asset; never a JSON number.')
      .meta({ examples: ['100.25'] }),
    asset,
  })
  .meta({ id: 'Amount' })

/** The amount of an order: of one side, and the other follows. */
export const orderAmounts = {
  amount: amount.optional().describe('What leaves the source, fee included.'),
  destinationAmount: amount
    .optional()
    .describe(
      'In place of `amount`: what arrives, exactly. The least that brings it leaves the source, whose `asset` is needed.',
    ),
}

/** An amount that we show; on the ledger it may be negative. */
export const shownAmount = z
  .object({ value: z.string().describe('All decimals of the asset are written out.'), asset: z.enum(assets) })
  .meta({ id: 'ShownAmount' })

export const amountJson = (money: Money): z.output<typeof shownAmount> => ({
  value: formatDecimal(money),
  asset: money.currency,
})

/** Text that Postgres can keep: no control characters (NUL is not storable) and no half of a surrogate pair. */
export const plainText = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine(text => !/\p{Cc}/u.test(text) && text.isWellFormed(), 'Control characters are not allowed.')

const suffix = '[0-7][0-9a-hjkmnp-tv-z]{25}'
export const transferIdShape = new RegExp(`^tr_${suffix}$`)

/** Whatever is not an id names nothing. */
export const transferId = z.string().regex(transferIdShape, 'transfer_not_found')
export const quoteId = z.string().regex(new RegExp(`^qt_${suffix}$`), 'quote_not_found')

/** CAIP-2. Whatever is not an id names nothing. */
export const chainId = z.string().regex(/^[a-z]+:[\w.-]{1,64}$/, 'chain_not_found')

export const time = z.iso.datetime()
export const anyTime = z.iso.datetime({ offset: true })

const bankAccount = z.strictObject({
  type: z.literal('bank_account'),
  rail: z.enum(['ach', 'sepa', 'sepa_inst', 'wire', 'book']),
  name: plainText(140).describe("The account holder's name."),
  accountNumber: plainText(40).describe('An IBAN, or a US account number with its routing number.'),
  routingNumber: plainText(40).optional().describe('ABA routing number, for US accounts only.'),
})
const chainAddress = z.strictObject({
  type: z.literal('chain_address'),
  chain: plainText(64).describe('CAIP-2 style, e.g. `evm:31337`.'),
  address: plainText(128).describe('Mixed case must carry a right EIP-55 checksum.'),
})

const depositBy = z
  .literal('transfer')
  .optional()
  .describe(
    'For customers who can only transfer, from an exchange say: the deposit gets an address of its own, and whatever comes back goes to `address`. Needed on no Stellar network, where they always can.',
  )
const sourceAsset = { asset: asset.optional().describe('Needed where no `amount` says it.') }
export const sourceLeg = z
  .discriminatedUnion('type', [bankAccount.extend(sourceAsset), chainAddress.extend({ ...sourceAsset, depositBy })])
  .meta({ id: 'Source' })
export const destinationLeg = z
  .discriminatedUnion('type', [bankAccount.extend({ asset }), chainAddress.extend({ asset })])
  .meta({ id: 'Destination' })

const shownBankAccount = z.object({
  type: z.literal('bank_account'),
  rail: bankAccount.shape.rail,
  name: z.string(),
  accountNumber: z.string().describe('Masked: `****` and the last digits.'),
  routingNumber: z.string().optional(),
  asset: z.enum(assets),
})
const shownChainAddress = z.object({
  type: z.literal('chain_address'),
  chain: z.string(),
  address: z.string(),
  asset: z.enum(assets),
  depositBy,
})

/** A leg as it is shown: of an account number the end only. */
export const shownLeg = z.discriminatedUnion('type', [shownBankAccount, shownChainAddress]).meta({ id: 'Leg' })

/** The source of a quote: one that a Stellar wallet asked for names no account. */
export const quotedSource = z
  .discriminatedUnion('type', [
    shownBankAccount.extend({
      name: shownBankAccount.shape.name.nullable(),
      accountNumber: shownBankAccount.shape.accountNumber.nullable(),
    }),
    shownChainAddress,
  ])
  .meta({ id: 'QuotedSource' })

export const rate = z
  .object({
    from: z.enum(assets),
    to: z.enum(assets),
    numerator: z.string(),
    denominator: z.string(),
    asOf: time.nullable().describe('When it was true; null for a rate that is set for good.'),
    source: z.string().nullable().describe('Who said so.'),
  })
  .describe('Units of `to` for one unit of `from`, as an exact ratio.')
  .meta({ id: 'Rate' })

const codes = Object.keys(errors) as [ErrorCode, ...ErrorCode[]]

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(codes).describe('Stable; never renamed.'),
    detail: z.string(),
    instance: z.string().describe('Names this answer; our log knows it too.'),
    retry: z
      .enum(['never', 'same_key', 'reconcile'])
      .describe(
        '`never`: change the request. `same_key`: send it again, unchanged. `reconcile`: ask what happened before anything else.',
      ),
    errors: z.array(z.object({ path: z.string(), code: z.enum(codes), message: z.string() })).optional(),
    checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string().optional() })).optional(),
  })
  .describe('RFC 9457.')
  .meta({ id: 'Problem' })

/** A documented answer. */
export const shows = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})

/** The documented refusals of a route, by status, each with its codes. */
export const problems = (...refusals: ErrorCode[]) => {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of refusals) byStatus.set(errors[code].status, [...(byStatus.get(errors[code].status) ?? []), code])
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      { description: list.map(code => `\`${code}\``).join(', '), content: { [problemType]: { schema: problemSchema } } },
    ]),
  )
}

/** The refusals that every route with an API key has. */
export const guarded: readonly ErrorCode[] = [
  'unauthenticated',
  'forbidden',
  'field_unknown',
  'request_invalid',
  'database_unavailable',
]

/** Those of every POST with a body besides. */
export const posted: readonly ErrorCode[] = [
  ...guarded,
  'request_malformed',
  'body_invalid',
  'body_too_large',
  'media_type_unsupported',
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_conflict',
]

/** The refusals of an amount and of two legs. */
export const refusedOrders: readonly ErrorCode[] = [
  'amount_invalid',
  'amount_not_positive',
  'amount_too_precise',
  'amount_over_limit',
  'amount_under_minimum',
  'asset_unknown',
  'asset_mismatch',
  'address_invalid',
  'address_checksum_invalid',
  'account_invalid',
  'same_account',
  'route_unsupported',
  'deposit_way_unsupported',
  'rate_unavailable',
]

/** Those of a rebalance. */
export const refusedRebalances: readonly ErrorCode[] = [
  'amount_invalid',
  'amount_not_positive',
  'amount_too_precise',
  'amount_under_minimum',
  'asset_unknown',
  'asset_mismatch',
  'same_account',
  'pool_unknown',
  'rebalance_unsupported',
  'route_unsupported',
  'route_paused',
]

export const bearer = [{ apiKey: [] as string[] }]
