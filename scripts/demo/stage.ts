import { randomUUID } from 'node:crypto'
import { type ApiClient, apiClient, type EventView, type TransferView } from '../local/api-client.ts'
import type { World } from '../local/world.ts'
import type { Narrator } from './narrator.ts'

export type Stage = { readonly world: World; readonly api: ApiClient; readonly narrator: Narrator }

/** What a scenario showed; throws when it did not happen as it should. */
export type Scenario = {
  readonly letter: string
  readonly name: string
  readonly title: string
  readonly play: (stage: Stage) => Promise<void>
}

export const stageFor = (world: World, narrator: Narrator): Stage => ({
  world,
  api: apiClient(world.apiUrl, world.apiKey),
  narrator,
})

export const must = (condition: boolean, what: string) => {
  if (!condition) throw new Error(what)
}

export const post = async ({ api }: Stage, body: unknown, key: string = randomUUID()): Promise<TransferView> => {
  const { status, body: transfer } = await api.call<TransferView>('POST', '/v1/transfers', { key, body })
  must(status === 202, `POST /v1/transfers answered ${status}: ${JSON.stringify(transfer)}`)
  return transfer
}

/** Follows a transfer to its end, tells its timeline, and returns its events. */
export const follow = async (
  stage: Stage,
  id: string,
  onEvent: (event: EventView) => void | Promise<void> = () => {},
): Promise<EventView[]> => {
  const startedMs = performance.now()
  const events: EventView[] = []
  await stage.api.follow(id, async event => {
    events.push(event)
    stage.narrator.event(performance.now() - startedMs, event)
    await onEvent(event)
  })
  return events
}

export const endsAs = async ({ api }: Stage, id: string, state: string): Promise<TransferView> => {
  const transfer = await api.transfer(id)
  must(transfer.state === state, `${id} is ${transfer.state}, not ${state}: ${JSON.stringify(transfer.failure)}`)
  return transfer
}
