import type { StellarBridge } from '../../scripts/local/stellar-bridge.ts'

type Fault = { readonly id: string; readonly taken: number }

/** What a test can do to the Stellar network of its world; see docs/local-world.md. */
export const stellarHands = ({ network }: Pick<StellarBridge, 'network'>) => {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${network.url}/local${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`the network answered ${response.status} to ${path}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  return {
    /** Arms a fault; gives a function that says how often it has struck. */
    arm: async (fault: Record<string, unknown>) => {
      const { id } = await call<Fault>('POST', '/faults', fault)
      return async () => (await call<{ data: Fault[] }>('GET', '/faults')).data.find(one => one.id === id)!.taken
    },
    disarm: () => call<void>('DELETE', '/faults'),
    /** Ms between ledgers; 0: none any more. */
    closeEvery: (ms: number) => call<void>('PUT', '/closing', { ms }),
  }
}
