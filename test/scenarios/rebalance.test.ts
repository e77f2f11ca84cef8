import { randomUUID } from 'node:crypto'
import { parseUnits } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { mintApiKey } from '../../bridge-service/src/http/api-key.ts'
import { type ApiClient, apiClient, type TransferView } from '../../scripts/local/api-client.ts'
import { compileContracts } from '../../scripts/local/compile.ts'
import { depositInstructions, lockDeposit } from '../../scripts/local/depositor.ts'
import { type EvmParty, evmParty } from '../../scripts/local/evm-party.ts'
import { liquidityProvider } from '../../scripts/local/liquidity-provider.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'
import { until } from '../support/until.ts'

// The house moves its own money: between two banks by itself, to and from a chain with a liquidity provider.

type RebalanceView = {
  readonly id: string
  readonly request: { readonly id: string; readonly state: string; readonly fourEyes: boolean; readonly payloadHash: string }
  readonly transfer: TransferView | null
}

let scene: Scenario
let anna: ApiClient
let ben: ApiClient
let provider: EvmParty
let usdc: string

beforeAll(async () => {
  await compileContracts()
  scene = await startScenario({
    ...{ blockMs: 150, secondBank: true, statementPollMs: 200 },
    bank: { settlementDelays: { wire: 50 } },
    env: { CAUSEWAY_INTENT_LEASE_MS: '2000' },
  })
  // A key of the house's own sees its transfers, as any tenant's key does.
  const keyOf = (person: string) =>
    mintApiKey(scene.database, { tenant: 'house', scopes: ['operator', 'transfers:read', 'transfers:write'], person })
  anna = apiClient(scene.world.apiUrl, (await keyOf('anna')).key)
  ben = apiClient(scene.world.apiUrl, (await keyOf('ben')).key)
  provider = evmParty(scene.world, liquidityProvider)
  await provider.fund(parseUnits('50000', 6))
  usdc = `${scene.world.chain}:USDC`
})
afterEach(() => scene?.disarm())
afterAll(() => scene?.stop())

const [first, second] = ['bank:sim:USD', 'bank:two:USD']
const ask = async (from: string, to: string, value = '100.00'): Promise<RebalanceView> => {
  const { status, body } = await anna.call<RebalanceView>('POST', '/v1/rebalances', {
    key: randomUUID(),
    body: { from, to, amount: { value, asset: 'USD' }, reason: 'the other one runs dry' },
  })
  expect(status, JSON.stringify(body)).toBe(202)
  return body
}
const look = async (id: string) => (await anna.call<RebalanceView>('GET', `/v1/rebalances/${id}`)).body
const reaches = (id: string, ...states: string[]) =>
  until(
    `${id} to be ${states.join(' or ')}`,
    async () => {
      const state = (await look(id)).transfer?.state ?? 'none'
      return states.includes(state) ? state : undefined
    },
    30_000,
  )
const typesOf = async (id: string) =>
  (
    await scene.database.query<{ type: string }>('select type from transfer_events where transfer_id = $1 order by version', [id])
  ).rows.map(({ type }) => type)
/** What is available in each pool, in cents or in millionths. */
const available = async (): Promise<Record<string, bigint>> => {
  const { body } = await anna.call<{ data: { id: string; available: { value: string } }[] }>('GET', '/v1/liquidity')
  return Object.fromEntries(body.data.map(({ id, available }) => [id, BigInt(available.value.replace('.', ''))]))
}
/** By how much pools have changed since. */
const since = async (before: Record<string, bigint>, ...pools: string[]) => {
  const now = await available()
  return pools.map(pool => now[pool]! - before[pool]!)
}

describe('between two banks of ours', () => {
  it('the one pays, the other shows it on its statement, and then it is done', async () => {
    const before = await available()
    const { id } = await ask(first, second)
    await reaches(id, 'completed')
    expect(new Set(await typesOf(id))).toEqual(
      new Set([
        ...['transferRequested', 'screeningPassed', 'liquidityReserved', 'payoutSubmitted', 'payoutSettled'],
        ...['moneyArrived', 'transferCompleted'],
      ]),
    )
    expect(await since(before, first, second)).toEqual([-10_000n, 10_000n])
    expect((await scene.bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`)).toEqual(['credit settled'])
  })

  it('what the sending bank refuses never leaves, and is promised no more', async () => {
    const before = await available()
    await scene.arm({ kind: 'reject', match: { direction: 'credit' }, code: 'AC04', times: 1 })
    const { id } = await ask(second, first)
    await reaches(id, 'failed')
    expect(await typesOf(id)).toContain('payoutRefused')
    expect(await since(before, first, second)).toEqual([0n, 0n])
  })

  it('what comes back is where it was, as both statements say', async () => {
    const before = await available()
    await scene.arm({ kind: 'return_after_settlement', match: { direction: 'credit' }, code: 'AC04', ms: 700, times: 1 })
    const { id } = await ask(first, second)
    await until('both banks to have said so', async () => {
      const types = await typesOf(id)
      return types.includes('payoutReturned') && types.includes('moneyArrived') === types.includes('arrivalReversed')
        ? true
        : undefined
    })
    await reaches(id, 'compensated')
    expect(await since(before, first, second)).toEqual([0n, 0n])
  })

  it('is paid once when the bank’s answer is lost', async () => {
    const before = await available()
    const struck = await scene.arm({ kind: 'drop_after', match: { direction: 'credit' }, times: 1 })
    const { id } = await ask(first, second)
    await reaches(id, 'completed')
    expect(await struck()).toEqual([1])
    expect(await scene.bankTransfersOf(id)).toHaveLength(1)
    expect(await since(before, first, second)).toEqual([-10_000n, 10_000n])
  })

  it('above the operator’s limit waits for a second person', async () => {
    const { id, request } = await ask(first, second, '20000.00')
    expect([request.state, (await look(id)).transfer]).toEqual(['requested', null])
    const approval = { decision: 'approve', payloadHash: request.payloadHash }
    const { status } = await ben.call('POST', `/v1/operator/actions/${request.id}/approval`, {
      key: randomUUID(),
      body: approval,
    })
    expect(status).toBe(202)
    await reaches(id, 'completed')
  })
})

describe('with a liquidity provider', () => {
  it('from a bank to a chain: he locks tokens under our terms, and gets fiat for them', async () => {
    const before = await available()
    const had = await provider.holds()
    const { id } = await ask(first, usdc, '250.00')
    await reaches(id, 'awaitingDeposit')
    expect(await since(before, first), 'promised before he brings anything').toEqual([-25_000n])
    await lockDeposit(provider, await depositInstructions(anna, id, 'evm'))
    await reaches(id, 'completed')
    expect(await since(before, first, usdc)).toEqual([-25_000n, 250_000_000n])
    expect(had - (await provider.holds())).toBe(250_000_000n)
  })

  it('from a chain to a bank: he is debited, and gets tokens out of the treasury', async () => {
    const before = await available()
    const had = await provider.holds()
    const { id } = await ask(usdc, second, '250.00')
    await reaches(id, 'completed')
    expect(await since(before, second, usdc)).toEqual([25_000n, -250_000_000n])
    expect((await provider.holds()) - had).toBe(250_000_000n)
  })
})

it('a pool that runs low asks for it by itself, once', async () => {
  const mark = { alertMinor: '900000000', clearMinor: '900000001', refillFrom: first, refillTo: '900000002' }
  const before = await available()
  const missing = 900_000_002n - before[second]!
  await scene.world.service().stop()
  const policy = {
    ...JSON.parse(scene.world.env.CAUSEWAY_POLICY!),
    lowWater: { [second!]: mark },
    operatorLimits: { USD: '9000000000' },
  }
  await scene.world.startService({ CAUSEWAY_POLICY: JSON.stringify(policy) })
  const refill = await until('a refill', async () => {
    const { body } = await anna.call<{ data: (RebalanceView & { request: { requestedBy: string } })[] }>('GET', '/v1/rebalances')
    return body.data.find(({ request }) => request.requestedBy === 'saga')
  })
  await reaches(refill.id, 'completed')
  expect(await since(before, first, second)).toEqual([-missing, missing])
})

it('no tenant sees any of it, and no law is broken', async () => {
  const { body } = await scene.api.call<{ data: unknown[] }>('GET', '/v1/transfers?limit=100')
  expect(body.data).toEqual([])
  expect(await scene.lawsAtRest()).toEqual([])
  const proof = await scene.api.call<{ laws: { name: string; ok: boolean }[] }>('GET', '/v1/ledger/proof')
  expect(proof.body.laws.filter(({ ok }) => !ok)).toEqual([])
})
