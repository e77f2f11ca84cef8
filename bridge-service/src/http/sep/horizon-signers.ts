import { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import type { AccountSigners } from './sep-deps.ts'

const timeoutMs = 5_000

const account = z.object({
  thresholds: z.object({ med_threshold: z.int() }),
  signers: z.array(z.object({ key: z.string(), weight: z.int(), type: z.string() })),
})
const notFound = z.object({ status: z.literal(404), type: z.string().endsWith('/not_found') })

/**
 * The signers of an account by Horizon's word. Only Horizon's own "not found" says that an account does not exist: to believe any 404 would
 * let the master key of a multi-signature account in while a proxy is misconfigured.
 */
export const horizonSigners =
  (horizonUrl: string): AccountSigners =>
  async accountId => {
    const { status, body } = await get(`${horizonUrl}/accounts/${accountId}`)
    if (status === 404 && notFound.safeParse(body).success) return undefined
    const read = account.safeParse(body)
    if (status !== 200 || !read.success) throw new BridgeError('chain_unavailable', { status })
    const { thresholds, signers } = read.data
    return {
      // Hashes and pre-authorized transactions are signers, too; a challenge is only signed with keys.
      signers: signers.filter(({ type }) => type === 'ed25519_public_key'),
      mediumThreshold: thresholds.med_threshold,
    }
  }

const get = async (url: string): Promise<{ status: number; body: unknown }> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) })
    return { status: response.status, body: await response.json() }
  } catch (error) {
    throw new BridgeError('chain_unavailable', {}, { cause: error })
  }
}
