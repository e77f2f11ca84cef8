import { randomUUID } from 'node:crypto'
import { erc20Abi } from 'viem'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compileContracts } from '../../scripts/local/compile.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { startRateServer } from '../support/rate-server.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

// Euros into USDC at the rate of a feed, which is not always there and not always right.

let rates: Awaited<ReturnType<typeof startRateServer>>
let scene: Scenario
const customer = evmAccount(7).address

beforeAll(async () => {
  await compileContracts()
  rates = await startRateServer()
  scene = await startScenario({
    bank: { settlementDelays: { sepa: 50, sepa_inst: 50 } },
    env: {
      CAUSEWAY_POLICY: JSON.stringify({
        rates: [{ from: 'EUR', to: 'USDC', feed: true, reference: { numerator: '108', denominator: '100' } }],
        rateFeed: { name: 'desk', url: rates.url, refreshMs: 1 },
      }),
    },
  })
})
afterAll(async () => {
  await scene?.stop()
  await rates?.close()
})

type Answer = { id: string; code?: string; rate: object; residue: object; amount: object }
const send = (path: string, body: object) => scene.api.call<Answer>('POST', path, { key: randomUUID(), body })
const order = () => ({
  source: {
    type: 'bank_account',
    rail: 'sepa_inst',
    name: 'Ada Lovelace',
    accountNumber: 'DE89370400440532013000',
    asset: 'EUR',
  },
  destination: { type: 'chain_address', chain: scene.world.chain, asset: 'USDC', address: customer },
  destinationAmount: { value: '107.930000', asset: 'USDC' },
})
const balance = () =>
  scene.node.readContract({ address: scene.world.contracts.token, abi: erc20Abi, functionName: 'balanceOf', args: [customer] })

it('sells at the rate that was quoted, to the last unit, while the feed lies; and nothing at the lie', async () => {
  rates.tell({ 'EUR/USDC': '1.0831' }, Date.now())
  const quote = await send('/v1/quotes', order())
  expect([quote.status, quote.body]).toEqual([
    201,
    expect.objectContaining({
      amount: { value: '100.00', asset: 'EUR' },
      rate: expect.objectContaining({ numerator: '10831', denominator: '10000', source: 'desk' }),
      residue: { value: '0.000915', asset: 'USDC' },
    }),
  ])

  rates.tell({ 'EUR/USDC': '10.831' }, Date.now())
  for (const path of ['/v1/quotes', '/v1/transfers']) {
    const { status, body } = await send(path, order())
    expect([status, body.code]).toEqual([503, 'rate_unavailable'])
  }

  const before = await balance()
  const { status, body } = await send('/v1/transfers', { quoteId: quote.body.id })
  expect(status).toBe(202)
  await scene.endsAs(body.id, 'completed')
  expect((await balance()) - before).toBe(107_930_000n)
  const { rows } = await scene.database.query(
    `select account_id, sum(posted)::text as posted from ledger_balances
      where account_id = any('{rounding:USDC,exchange:USDC,exchange:EUR,fee_income:EUR}') group by 1 order by 1`,
  )
  expect(rows).toEqual([
    { account_id: 'exchange:EUR', posted: '-9965' },
    { account_id: 'exchange:USDC', posted: '107930915' },
    { account_id: 'fee_income:EUR', posted: '-35' },
    { account_id: 'rounding:USDC', posted: '-915' },
  ])
  expect(await scene.lawsAtRest()).toEqual([])
})
