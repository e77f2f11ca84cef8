import type { Random } from '../fuzz/reorg/random.ts'
import type { StellarBridge } from '../local/stellar-bridge.ts'

const kinds = ['timeout_before', 'timeout_after', 'disconnect_before', 'disconnect_after', 'drop'] as const

/** A submission of ours is not taken, or taken without an answer, or never in a ledger. Customers' own are left alone. */
export const disturbNetwork = async ({ network, setup }: StellarBridge, random: Random): Promise<void> => {
  const account = random.pick(setup.channels).publicKey()
  const fault = { kind: random.pick(kinds), times: 1, match: { account } }
  const { ok, status } = await fetch(`${network.url}/local/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  })
  if (!ok) throw new Error(`the network answered ${status} to ${JSON.stringify(fault)}`)
}

export const calmNetwork = async ({ network }: StellarBridge): Promise<void> => {
  await fetch(`${network.url}/local/faults`, { method: 'DELETE' })
}
