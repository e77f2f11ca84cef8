import { xdr } from '@stellar/stellar-sdk'
import { z } from 'zod'
import { reasonOf } from './failure.ts'

/**
 * Horizon's answer to a submission. All of it is advice: what it took may vanish, and what it refused may be in a ledger already.
 * `held`: it has the transaction, now or already. `feeTooLow`: the queue wants more.
 */
export type SendAnswer = {
  readonly kind: 'held' | 'later' | 'feeTooLow' | 'rejected' | 'silent'
  readonly detail: string
}

const answerShape = z.object({
  tx_status: z.enum(['PENDING', 'DUPLICATE', 'TRY_AGAIN_LATER', 'ERROR']),
  error_result_xdr: z.string().optional(),
  errorResultXdr: z.string().optional(),
})

/** Hands it to core's queue and does not wait for a ledger. Throws nothing. */
export const sending =
  (base: string, timeoutMs: number) =>
  async (envelope: Uint8Array): Promise<SendAnswer> => {
    let status: number
    let text: string
    try {
      const response = await fetch(`${base}/transactions_async`, {
        method: 'POST',
        signal: AbortSignal.timeout(timeoutMs),
        headers: { accept: 'application/json' },
        body: new URLSearchParams({ tx: Buffer.from(envelope).toString('base64') }),
      })
      status = response.status
      text = await response.text()
    } catch (error) {
      return { kind: 'silent', detail: reasonOf(error) }
    }
    const read = answerShape.safeParse(parsed(text))
    if (!read.success) return { kind: 'silent', detail: `HTTP ${status}` }
    const { tx_status, error_result_xdr, errorResultXdr } = read.data
    if (tx_status === 'PENDING' || tx_status === 'DUPLICATE') return { kind: 'held', detail: tx_status }
    if (tx_status === 'TRY_AGAIN_LATER') return { kind: 'later', detail: tx_status }
    const code = codeOf(error_result_xdr ?? errorResultXdr)
    return { kind: code === 'txInsufficientFee' ? 'feeTooLow' : 'rejected', detail: code }
  }

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const codeOf = (result: string | undefined): string => {
  try {
    return result === undefined ? 'no result' : xdr.TransactionResult.fromXdr(result, 'base64').result.type
  } catch {
    return 'a result that cannot be read'
  }
}
