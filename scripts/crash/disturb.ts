import type { Random } from '../fuzz/reorg/random.ts'

/** What a bank does wrong for one order: the answer is lost before or after the money moved, the webhook is lost, late, twice or out of turn. */
const faults: readonly Readonly<Record<string, unknown>>[] = [
  { kind: 'drop_before' },
  { kind: 'drop_after' },
  { kind: 'error_before' },
  { kind: 'error_after' },
  { kind: 'garble_after' },
  { kind: 'delay', ms: 2_500, at: 'answer' },
  { kind: 'delay', ms: 2_500, at: 'network' },
  { kind: 'drop_after', on: 'query' },
  { kind: 'webhook_drop', match: { event: 'transfer.settled' } },
  { kind: 'webhook_delay', ms: 2_000 },
  { kind: 'webhook_duplicate' },
  { kind: 'webhook_reorder' },
  { kind: 'reject', code: 'R01', match: { direction: 'debit' } },
  { kind: 'reject', code: 'AC04', match: { direction: 'credit' } },
  // At once, so that nothing is still to come once all is at rest.
  { kind: 'return_after_settlement', code: 'R03', match: { direction: 'credit' } },
  { kind: 'return_after_settlement', code: 'R10', ms: 1_000, match: { direction: 'debit' } },
]

/** Arms one of them for its next occasion. */
export const disturbBank = async (url: string, random: Random): Promise<void> => {
  const fault = { ...random.pick(faults), times: 1 }
  const { ok, status } = await fetch(`${url}/admin/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  })
  if (!ok) throw new Error(`the bank answered ${status} to ${JSON.stringify(fault)}`)
}

export const calmBank = async (url: string): Promise<void> => {
  await fetch(`${url}/admin/faults`, { method: 'DELETE' })
}
