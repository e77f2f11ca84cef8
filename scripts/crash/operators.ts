import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import type { Random } from '../fuzz/reorg/random.ts'
import { type Choose, insist } from './insist.ts'

export type Operators = {
  /** One thing that a person does, to its end. */
  readonly act: (choose: Choose) => Promise<void>
  readonly counts: Readonly<Record<string, number>>
  readonly complaints: readonly string[]
}

type Keys = { readonly anna: string; readonly ben: string }

// What the machine answers to somebody who comes too late, or who looked at another moment.
const tooLate = new Set([
  ...['nothing_to_retry', 'transfer_not_cancelable', 'transfer_not_compensable', 'transfer_not_parked'],
  ...['scope_paused', 'scope_not_paused', 'action_decided', 'transfer_moved'],
])

/** Two persons who meddle by the seed: with single transfers, and with whole banks and chains, which stand still for a moment. */
export const openOperators = (
  { anna, ben }: Keys,
  random: Random,
  scopes: readonly string[],
  /** The transfers that there are by now. */
  transfers: () => readonly string[],
): Operators => {
  const counts: Record<string, number> = {}
  const complaints: string[] = []

  const ask = async (choose: Choose, request: Readonly<Record<string, string>>): Promise<void> => {
    const path = '/v1/operator/actions'
    const body = { ...request, reason: 'by the seed' }
    let answer = await insist(anna, choose, { path, body, key: randomUUID() })
    const { id, state, payloadHash } = answer.body
    if (answer.status === 202 && state === 'requested') {
      const approval = { decision: 'approve', payloadHash }
      answer = await insist(ben, choose, { path: `${path}/${id}/approval`, body: approval, key: randomUUID() })
    }
    const { status, body: said } = answer
    const name = status === 202 ? request.type! : `${request.type} in vain`
    counts[name] = (counts[name] ?? 0) + 1
    if (status !== 202 && !tooLate.has(said.code ?? ''))
      complaints.push(`${request.type} of ${request.transferId ?? request.scope} was answered with ${status} ${said.code}`)
  }

  const act = async (choose: Choose): Promise<void> => {
    const recent = transfers().slice(-40)
    if (recent.length === 0 || random.chance(0.2)) {
      const scope = random.pick(scopes)
      await ask(choose, { type: 'pause', scope })
      await after(random.between(200, 1_500))
      await ask(choose, { type: 'resume', scope })
      return
    }
    const type = random.pick(['retry', 'retry', 'cancel', 'forceCompensation'])
    await ask(choose, { type, transferId: random.pick(recent) })
  }

  return {
    act: choose =>
      act(choose).catch(error => {
        complaints.push(String(error))
      }),
    ...{ counts, complaints },
  }
}
