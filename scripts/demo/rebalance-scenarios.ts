import { randomUUID } from 'node:crypto'
import { type ApiClient, apiClient } from '../local/api-client.ts'
import { depositInstructions, lockDeposit } from '../local/depositor.ts'
import { evmParty } from '../local/evm-party.ts'
import { liquidityProvider } from '../local/liquidity-provider.ts'
import { operatorKeys } from '../local/operators.ts'
import { endsAs, follow, must, type Scenario, type Stage } from './stage.ts'

/** The stage as an operator of the house sees it: its own transfers, and no customer's. */
const behindTheScenes = async (stage: Stage): Promise<Stage> => {
  const { anna } = await operatorKeys(stage.world)
  return { ...stage, api: apiClient(stage.world.apiUrl, anna) }
}

const rebalance = async (api: ApiClient, from: string, to: string): Promise<string> => {
  const body = { from, to, amount: { value: '250.00', asset: 'USD' }, reason: 'the other one runs dry' }
  const answer = await api.call<{ id: string }>('POST', '/v1/rebalances', { key: randomUUID(), body })
  must(answer.status === 202, `POST /v1/rebalances answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body.id
}

/** The house moves its own money between its pools. */
export const rebalanceScenarios: readonly Scenario[] = [
  {
    letter: 'p',
    name: 'treasury_is_refilled',
    title: 'The treasury is refilled from the bank: a liquidity provider locks tokens, and gets dollars for them',
    play: async stage => {
      const house = await behindTheScenes(stage)
      const provider = evmParty(stage.world, liquidityProvider)
      await provider.fund(250_000_000n)
      const id = await rebalance(house.api, 'bank:sim:USD', `${stage.world.chain}:USDC`)
      await follow(house, id, async ({ type }) => {
        if (type === 'liquidityReserved') await lockDeposit(provider, await depositInstructions(house.api, id, 'evm'))
      })
      await endsAs(house, id, 'completed')
    },
  },
  {
    letter: 'q',
    name: 'bank_pays_bank',
    title: 'Our own dollars go from one bank to another: done when the second one’s statement shows them',
    play: async stage => {
      const house = await behindTheScenes(stage)
      const id = await rebalance(house.api, 'bank:sim:USD', 'bank:two:USD')
      const events = await follow(house, id)
      await endsAs(house, id, 'completed')
      must(
        events.some(({ type }) => type === 'moneyArrived'),
        'nothing arrived',
      )
    },
  },
]
