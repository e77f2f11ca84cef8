import type { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import { done, type Outcome, refused, unknown } from '../../outcome.ts'
import type { Rail, RailCapabilities, RailOrder, RailTransfer } from '../rail.ts'
import {
  bankBalance,
  bankProblem,
  bankStatement,
  bankTransfer,
  bankTransferEcho,
  bankTransfers,
  isEchoOf,
  toRailTransfer,
  toStatementLine,
} from './bank-answers.ts'
import { type BankAnswer, bankClient } from './bank-client.ts'
import { webhookVerifier } from './verify-webhook.ts'

export type BankApiConfig = {
  /** `bank:sim`; names the rail in intents and facts. */
  readonly id: string
  readonly baseUrl: string
  readonly apiKey: string
  /** Standard Webhooks secrets; all are accepted. */
  readonly webhookSecrets: readonly string[]
  readonly timeoutMs?: number
  readonly capabilities?: RailCapabilities
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

const everything: RailCapabilities = { schemes: ['ach', 'sepa', 'sepa_inst', 'wire', 'book'], currencies: ['USD', 'EUR'] }

/**
 * A bank behind an HTTP API with idempotency keys. Only an explicit answer is `done` or `refused`; silence, an overload, a server's error,
 * a conflict and whatever cannot be read are `unknown`, and stay so until the bank says what it holds.
 * Throws `config_invalid` when the webhook secrets are unusable.
 */
export const bankApi = (config: BankApiConfig): Rail => {
  const call = bankClient({ baseUrl: config.baseUrl, apiKey: config.apiKey, timeoutMs: config.timeoutMs ?? 10_000 })

  /** The one transfer that a search finds, `null` when the bank says that there is none. */
  const search = async (name: 'idempotencyKey' | 'externalId', value: string): Promise<Outcome<RailTransfer | null>> => {
    const answer = await call({ method: 'GET', path: `/v1/transfers?${new URLSearchParams({ [name]: value })}` })
    const found = answer.kind === 'answer' && answer.status === 200 ? bankTransfers.safeParse(answer.body) : undefined
    if (!found?.success) return unclear(answer)
    const [transfer, ...others] = found.data.data
    if (others.length > 0) return unknown(`the bank holds ${found.data.data.length} transfers for one ${name}`)
    return done(transfer ? toRailTransfer(transfer) : null)
  }

  return {
    id: config.id,
    capabilities: config.capabilities ?? everything,

    submit: async order => {
      const answer = await call({ method: 'POST', path: '/v1/transfers', key: order.key, body: toWire(order) })
      if (answer.kind === 'silence') return unclear(answer)
      if (answer.status === 422) return refusal(answer)
      if (answer.status !== 200 && answer.status !== 201) return unclear(answer)
      const echo = bankTransferEcho.safeParse(answer.body)
      if (!echo.success) return unclear(answer)
      return isEchoOf(echo.data, order)
        ? done(toRailTransfer(echo.data))
        : unknown(`the bank answered with another order, ${echo.data.id}`)
    },

    query: async ({ key, externalId }) => {
      for (const [name, value] of [['idempotencyKey', key] as const, ['externalId', externalId] as const]) {
        const found = await search(name, value)
        if (found.kind !== 'done') return found
        if (found.value === null) continue
        if (found.value.externalId !== externalId) return unknown(`the bank holds another order, ${found.value.bankTransferId}`)
        return done(found.value)
      }
      return refused('not_found', 'the bank has neither the key nor the external id')
    },

    cancel: async bankTransferId => {
      const answer = await call({ method: 'POST', path: `/v1/transfers/${encodeURIComponent(bankTransferId)}/cancel` })
      if (answer.kind === 'silence') return unclear(answer)
      if (isProblem(answer, 404, 'transfer_not_found')) return refused('not_found', 'the bank has no such transfer')
      if (isProblem(answer, 409, 'not_cancelable')) return refusal(answer)
      const transfer = answer.status === 200 ? bankTransfer.safeParse(answer.body) : undefined
      return transfer?.success && transfer.data.id === bankTransferId ? done(toRailTransfer(transfer.data)) : unclear(answer)
    },

    balance: async account => {
      const answer = await call({ method: 'GET', path: `/v1/accounts/${encodeURIComponent(account)}/balance` })
      const { accountId, balance, currency } = readOrThrow(bankBalance, answer)
      if (accountId !== account)
        throw new BridgeError('rail_unavailable', { reason: 'the balance of another account', accountId })
      return { amountMinor: balance, currency }
    },

    entries: async (account, after) => {
      const page = after === undefined ? '' : `?${new URLSearchParams({ after })}`
      const answer = await call({ method: 'GET', path: `/v1/accounts/${encodeURIComponent(account)}/transactions${page}` })
      const { data, next } = readOrThrow(bankStatement, answer)
      return { lines: data.map(toStatementLine), ...(next === undefined ? {} : { next }) }
    },

    verifyWebhook: webhookVerifier({ secrets: config.webhookSecrets, now: config.now ?? Date.now }),
  }
}

const toWire = (order: RailOrder) => ({
  externalId: order.externalId,
  direction: order.direction,
  rail: order.scheme,
  amount: order.amountMinor,
  currency: order.currency,
  account: order.account,
  counterparty: order.counterparty,
  description: order.description,
})

const unclear = (answer: BankAnswer): Outcome<never> => {
  if (answer.kind === 'silence') return unknown(answer.detail)
  const problem = bankProblem.safeParse(answer.body)
  return unknown(
    `the bank answered ${answer.status}${problem.success ? ` ${problem.data.code}` : ' with a body that is not its API’s'}`,
  )
}

/** A refusal counts only when it is the bank's own, with its code: a proxy's page in between proves nothing. */
const refusal = (answer: BankAnswer): Outcome<never> => {
  const problem = answer.kind === 'answer' ? bankProblem.safeParse(answer.body) : undefined
  return problem?.success ? refused(problem.data.code, problem.data.detail) : unclear(answer)
}

const isProblem = (answer: BankAnswer, status: number, code: string): boolean =>
  answer.kind === 'answer' && answer.status === status && bankProblem.safeParse(answer.body).data?.code === code

const readOrThrow = <T>(schema: z.ZodType<T>, answer: BankAnswer): T => {
  const parsed = answer.kind === 'answer' && answer.status === 200 ? schema.safeParse(answer.body) : undefined
  if (parsed?.success) return parsed.data
  const { detail } = unclear(answer) as { detail: string }
  throw new BridgeError('rail_unavailable', { reason: detail })
}
