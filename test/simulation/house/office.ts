import { BridgeError } from '../../../bridge-service/src/errors.ts'
import { hashOf } from '../../../bridge-service/src/http/operator-request.ts'
import { type Money, toJson } from '../../../bridge-service/src/money/money.ts'
import type { Action, Asked, Operator } from '../../../bridge-service/src/operators/action.ts'
import type { Approval } from '../../../bridge-service/src/operators/approval.ts'
import { askFor, decideOn, type Floor } from '../../../bridge-service/src/operators/speak.ts'
import { typeId } from '../../../bridge-service/src/transfer/id.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { FaultName } from '../catalogue.ts'
import type { Faults } from '../faults.ts'
import { endAction } from '../memory/action-store.ts'
import type { MemoryTx } from '../memory/transaction.ts'
import type { MemoryStore } from '../memory-store.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Hands, Worker } from '../worker.ts'

/** What one person has asked for, who has approved it, and what became of it. */
export type Paper = {
  readonly id: string
  readonly asked: Asked
  readonly atMs: number
  readonly askedBy: string
  /** What the person knows to be wrong with it. */
  readonly wrong: string | null
  approvedBy: string | null
  /** A code of its refusal. */
  refusal: string | null
  isDone: boolean
}

export type Errand = {
  /** As the API completes a request with what stands in the database. Throws what it refuses at once. */
  readonly complete: (tx: MemoryTx) => Asked | Promise<Asked>
  /** As the API does what may be done. Throws what cannot be done any more. */
  readonly perform: (action: Action, tx: MemoryTx, hands: Hands) => unknown
  readonly wrong?: string | undefined
  /** To be measured by the operators' limit. */
  readonly worth?: () => Money
  /** Nobody approves it: somebody rejects it, or everybody comes too late. */
  readonly fates?: { readonly rejected: FaultName; readonly expired: FaultName }
  /** Somebody else obeys it, when he finds it approved. */
  readonly isLeftToOthers?: boolean
}

export type Office = {
  readonly papers: readonly Paper[]
  /** Asks for it in the name of one of the operators; another one looks at it later. Resolves when it is done, refused or gone. */
  readonly send: (errand: Errand) => Promise<Paper | undefined>
  readonly isAtRest: () => boolean
}

const operators = ['ann', 'ben', 'cleo'] as const
const operatorOf = (person: string): Operator => ({ by: `api:${person}`, person })
/** Up to here one person is enough, where money does not leave the house. */
export const operatorLimitMinor = 20_000n
const limits = { USD: operatorLimitMinor }
// A world has hours, not days.
const ttlMs = 20 * 60_000
const againMs = 10_000

/**
 * Operators with four eyes: what one asks for another approves, bound to the hash of what he has seen, by the rules of the API. Whoever gets no
 * answer says the same again, under the same key. `worker` is whoever answers just now, if anybody does.
 */
export const openOffice = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  { database }: MemoryStore,
  worker: () => Worker | undefined,
  note: (line: string) => void,
): Office => {
  const papers: Paper[] = []
  let underWay = 0

  type Act = (tx: MemoryTx, floor: Floor, hands: Hands) => Promise<Action>
  /** Until there is an answer; a refusal is one. */
  const persist = (call: 'ask' | 'decide', about: string | undefined, act: Act): Promise<Action | BridgeError> =>
    new Promise(resolve => {
      const key = random.hex(8)
      let isAnswered = false
      const answer = (what: Action | BridgeError) => {
        isAnswered = true
        resolve(what)
      }
      const say = () => {
        if (isAnswered) return
        at(nowMs() + againMs, say)
        worker()
          ?.speak(call, key, about, act)
          .then(answer, error => {
            if (error instanceof BridgeError) answer(error)
            else if (typeof error.code !== 'string') throw error
          })
      }
      say()
    })
  const pass = (ms: number) => new Promise<void>(resolve => at(nowMs() + ms, resolve))

  const send = async (errand: Errand): Promise<Paper | undefined> => {
    const { complete, perform, wrong = null, worth, fates, isLeftToOthers } = errand
    const askedBy = random.pick(operators)
    const doing = (tx: MemoryTx, hands: Hands) => async (action: Action) => {
      await perform(action, tx, hands)
      return isLeftToOthers ? action : ((await endAction(tx, database.tables, action.id, null)) ?? action)
    }
    const asked = await persist('ask', undefined, async (tx, floor, hands) => {
      const asked = await complete(tx)
      const question = { ...asked, id: typeId<string>('oa', random.hex(16).slice(2)), payloadHash: hashOf(asked), ttlMs }
      return askFor(floor, { ...question, amount: worth && toJson(worth()) }, limits, operatorOf(askedBy), doing(tx, hands))
    })
    if (asked instanceof BridgeError) {
      note(`office: ${askedBy} is refused at once: ${asked.code}`)
      return undefined
    }
    const { id, payloadHash } = asked
    const paper: Paper = {
      ...{ id, asked, askedBy, wrong, atMs: nowMs() },
      ...{ approvedBy: null, refusal: null, isDone: !asked.fourEyes },
    }
    papers.push(paper)
    const about = asked.transferId ?? undefined
    note(`office ${id} ${asked.type} ${asked.transferId ?? asked.scope} by ${askedBy}`)
    if (!asked.fourEyes) return paper

    const decide = async (person: string, decision: Approval['decision']) => {
      const answer = await persist('decide', about, (tx, floor, hands) =>
        decideOn(floor, id, { decision, payloadHash, reason: null }, operatorOf(person), doing(tx, hands)),
      )
      const code = answer instanceof BridgeError ? answer.code : decision === 'reject' ? 'rejected' : null
      if (code !== null) note(`office ${id} is refused: ${code}`)
      paper.refusal = code
      paper.isDone = code === null
      if (paper.isDone) paper.approvedBy = person
    }
    if (faults.strikes('resolution: one person wants to be both', about)) await decide(askedBy, 'approve')
    const isRejected = fates !== undefined && faults.strikes(fates.rejected, about)
    const isLate = fates !== undefined && faults.strikes(fates.expired, about)
    await pass(random.between(1, 90) * 1_000 + (isLate ? ttlMs : 0))
    if (paper.approvedBy === null)
      await decide(random.pick(operators.filter(person => isRejected || person !== askedBy)), isRejected ? 'reject' : 'approve')
    return paper
  }

  return {
    papers,
    send: async errand => {
      underWay++
      try {
        return await send(errand)
      } finally {
        underWay--
      }
    },
    isAtRest: () => underWay === 0,
  }
}
