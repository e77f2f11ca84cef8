import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { expect } from 'vitest'
import { type ApiClient, apiClient, type EventView, type TransferView } from '../../scripts/local/api-client.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { checkLaws, type Law } from '../../scripts/local/laws.ts'
import { startWorld, type World, type WorldOptions } from '../../scripts/local/world.ts'
import { evmHands } from './evm-hands.ts'
import { until } from './until.ts'

type BankTransfer = {
  readonly id: string
  readonly externalId: string
  readonly direction: 'debit' | 'credit'
  readonly status: string
  readonly description?: string
}

type Order = {
  readonly value?: string
  readonly rail?: 'ach' | 'wire' | 'book' | 'sepa' | 'sepa_inst'
  /** What is delivered: USDC for dollars, out of the treasury; EURC for euros, minted. */
  readonly asset?: 'USDC' | 'EURC'
  readonly account?: string
  /** The EVM chain where nothing else is said. */
  readonly chain?: string
  readonly to?: string
}

const holder = { type: 'bank_account', name: 'Ada Lovelace' } as const

export type Scenario = Awaited<ReturnType<typeof startScenario>>

/** A world of its own, and the hands that a test has in it: the integrator's, the bank's, the chain's and the operator's. */
export const startScenario = async (options: WorldOptions = {}) => {
  const world: World = await startWorld({ blockMs: 100, ...options })
  const api: ApiClient = apiClient(world.apiUrl, world.apiKey)
  const database = new pg.Pool({ connectionString: world.databaseUrl, max: 2 })
  database.on('error', () => {})

  const orderOf = ({
    value = '100.25',
    asset = 'USDC',
    rail,
    account,
    chain = world.chain,
    to = evmAccount(3).address,
  }: Order) => ({
    source:
      asset === 'USDC'
        ? { ...holder, rail: rail ?? 'ach', accountNumber: account ?? '1234567890', routingNumber: '021000021' }
        : { ...holder, rail: rail ?? 'sepa', accountNumber: account ?? 'DE89370400440532013000' },
    destination: { type: 'chain_address', chain, asset, address: to },
    amount: { value, asset: asset === 'USDC' ? 'USD' : 'EUR' },
  })

  /** Posts an order until the service answers, as an integrator whose service may die under his hands; gives the transfer's id. */
  const post = async (order: Order = {}, key: string = randomUUID()): Promise<string> => {
    const answer = await until('an answer to POST /v1/transfers', async () => {
      try {
        const answer = await api.call<TransferView>('POST', '/v1/transfers', { key, body: orderOf(order) })
        return answer.status < 500 ? answer : undefined
      } catch {
        return undefined
      }
    })
    expect(answer.status, JSON.stringify(answer.body)).toBe(202)
    return answer.body.id
  }

  const cancel = (id: string, key: string = randomUUID()) =>
    api.call<TransferView & { code?: string }>('POST', `/v1/transfers/${id}/cancel`, { key, body: { reason: 'changed_my_mind' } })

  /** Hears a transfer's events to its end, which must be `state`. */
  const endsAs = async (id: string, state: string, hear: (event: EventView) => void | Promise<void> = () => {}) => {
    const events: EventView[] = []
    await api.follow(id, async event => {
      events.push(event)
      await hear(event)
    })
    const transfer = await api.transfer(id)
    expect(transfer.state, `${id}: ${JSON.stringify(transfer.failure)}, ${events.map(event => event.type).join(' ')}`).toBe(state)
    return { transfer, events, types: events.map(event => event.type) }
  }

  /** Waits until the transfer is in a state; also the way to `review`, where the stream does not end. */
  const reaches = (id: string, ...states: string[]) =>
    until(
      `${id} to be ${states.join(' or ')}`,
      async () => {
        const transfer = await api.transfer(id)
        return states.includes(transfer.state) ? transfer : undefined
      },
      30_000,
    )

  const has = (id: string, type: string) =>
    until(`${type} of ${id}`, async () => {
      const { rows } = await database.query<{ payload: unknown }>(
        'select payload from transfer_events where transfer_id = $1 and type = $2',
        [id, type],
      )
      return rows[0]
    })

  const bank = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${world.bank.url}/admin${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`the bank answered ${response.status} to ${path}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  const bankTransfersOf = async (id: string): Promise<BankTransfer[]> => {
    const { data } = await bank<{ data: BankTransfer[] }>('GET', '/transfers')
    return data.filter(transfer => transfer.description === id)
  }
  const disarm = () => bank<void>('DELETE', '/faults')
  /** Arms faults of the bank; gives a function that says how often each has struck. */
  const arm = async (...faults: Record<string, unknown>[]) => {
    const ids: string[] = []
    for (const fault of faults) ids.push((await bank<{ id: string }>('POST', '/faults', fault)).id)
    return async () => {
      const { data } = await bank<{ data: { id: string; taken: number }[] }>('GET', '/faults')
      return ids.map(id => data.find(fault => fault.id === id)?.taken ?? 0)
    }
  }

  // In the middle of whatever it does; and it is started again.
  const killService = async (): Promise<void> => {
    await world.service().kill('SIGKILL')
    await world.startService()
  }
  const killIndexer = async (): Promise<void> => {
    await world.indexer().kill('SIGKILL')
    await world.startIndexer()
  }

  /** The laws once the last housekeeping is over. */
  const lawsAtRest = async (timeoutMs = 15_000): Promise<Law[]> => {
    let broken: Law[] = []
    const deadlineMs = performance.now() + timeoutMs
    do {
      broken = (await checkLaws(world)).filter(law => !law.ok)
      if (broken.length === 0) return broken
      await new Promise(resolve => setTimeout(resolve, 100))
    } while (performance.now() < deadlineMs)
    return broken
  }

  const stop = async () => {
    await database.end()
    await world.stop()
  }

  return {
    ...{ world, api, database, post, cancel, endsAs, reaches, has, killService, killIndexer, lawsAtRest, stop },
    ...{ bank, bankTransfersOf, arm, disarm },
    ...evmHands(world),
  }
}
