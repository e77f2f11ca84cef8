import { BridgeError } from '../../../bridge-service/src/errors.ts'
import { hashOf } from '../../../bridge-service/src/http/operator-request.ts'
import { type Money, toJson } from '../../../bridge-service/src/money/money.ts'
import { type Asked, needsFourEyes, type Operator } from '../../../bridge-service/src/operators/action.ts'
import { checkApproval } from '../../../bridge-service/src/operators/approval.ts'
import { typeId } from '../../../bridge-service/src/transfer/id.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { Faults } from '../faults.ts'
import type { Scheduler } from '../scheduler.ts'

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

/** Who has approved, beside who has asked: `operator:ann+ben`. */
export const actorOf = ({ askedBy, approvedBy }: Paper): string => `operator:${approvedBy ? `${askedBy}+${approvedBy}` : askedBy}`

export type Errand = {
  /** As the API completes a request with what stands in the database. Throws what it refuses at once. */
  readonly complete: () => Asked | Promise<Asked>
  /** As the API does what may be done. Throws what cannot be done any more. */
  readonly perform: (paper: Paper) => unknown
  readonly wrong?: string | undefined
  /** To be measured by the operators' limit. */
  readonly worth?: () => Money
}

export type Office = {
  readonly papers: readonly Paper[]
  /** Asks for it in the name of one of the operators; another one looks at it later. Resolves when it is done, refused or gone. */
  readonly send: (errand: Errand) => Promise<void>
}

const operators = ['ann', 'ben', 'cleo'] as const
const operatorOf = (person: string): Operator => ({ by: `api:${person}`, person })
/** Up to here one person is enough, where money does not leave the house. */
export const operatorLimitMinor = 50_000n

/** Operators with four eyes: what one asks for another approves, bound to the hash of what he has seen, by the rules of the API. */
export const openOffice = ({ nowMs, at }: Scheduler, random: Random, faults: Faults, note: (line: string) => void): Office => {
  const papers: Paper[] = []

  const refuse = (paper: Paper, error: unknown) => {
    if (!(error instanceof BridgeError)) throw error
    paper.refusal = error.code
    note(`office ${paper.id} is refused: ${error.code}`)
  }
  const perform = async (paper: Paper, run: Errand['perform']) => {
    try {
      await run(paper)
      paper.isDone = true
    } catch (error) {
      refuse(paper, error)
    }
  }

  return {
    papers,
    send: async ({ complete, perform: run, wrong = null, worth }) => {
      const askedBy = random.pick(operators)
      const id = typeId<string>('oa', random.hex(16).slice(2))
      const asked = await Promise.resolve()
        .then(complete)
        .catch((error: unknown) => {
          if (!(error instanceof BridgeError)) throw error
          return error
        })
      if (asked instanceof BridgeError) {
        note(`office ${id} is refused at once: ${asked.code}`)
        return
      }
      const paper: Paper = { ...{ id, asked, askedBy, wrong, atMs: nowMs() }, approvedBy: null, refusal: null, isDone: false }
      papers.push(paper)
      note(`office ${id} ${asked.type} ${asked.transferId ?? asked.scope} by ${askedBy}`)
      const fourEyes = needsFourEyes(asked, worth && toJson(worth()), { USD: operatorLimitMinor })
      if (!fourEyes) return perform(paper, run)
      const approve = (person: string) => {
        const { by } = operatorOf(askedBy)
        const action = { id, fourEyes, decision: null, isExpired: false, requestedBy: by, requestedPerson: askedBy }
        const payloadHash = hashOf(asked)
        checkApproval({ ...action, payloadHash }, { decision: 'approve', payloadHash }, operatorOf(person))
        paper.approvedBy = person
      }
      if (faults.strikes('resolution: one person wants to be both', asked.transferId ?? undefined))
        try {
          approve(askedBy)
        } catch (error) {
          refuse(paper, error)
        }
      await new Promise<void>(resolve => at(nowMs() + random.between(1, 90) * 1_000, resolve))
      if (paper.approvedBy === null) {
        paper.refusal = null
        approve(random.pick(operators.filter(person => person !== askedBy)))
      }
      await perform(paper, run)
    },
  }
}
