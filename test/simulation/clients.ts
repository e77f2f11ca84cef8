import { BridgeError } from '../../bridge-service/src/errors.ts'
import type { Opening } from '../../bridge-service/src/saga/open.ts'
import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import { hashOf } from './chain/ids.ts'
import type { Faults } from './faults.ts'
import type { Wanted } from './routes/wanted.ts'
import { amountsOf, drawWanted, unbornOf } from './routes.ts'
import type { Scheduler } from './scheduler.ts'
import type { Settings } from './settings.ts'
import type { Worker } from './worker.ts'

/** One client's request, with all that he has sent for it and all that he was told. */
export type Request = {
  readonly key: string
  /** What he posted under the key: more than one when he is careless. */
  readonly bodies: Wanted[]
  readonly isDenied: boolean
  /** Transfer ids that answers named. */
  readonly told: Set<string>
  conflicts: number
  /** How often too much was lent to his house already. */
  refusals: number
  isAnswered: boolean
}

export const denied = { name: 'Mallory Denied', address: `0x${'de'.repeat(20)}` }

// Refused so often, he goes elsewhere.
const patience = 20

/** Clients of the API: each posts until he is answered, under one key. `worker` is whoever answers just now, if anybody does. */
export const sendClients = (
  { nowMs, at }: Scheduler,
  random: Random,
  faults: Faults,
  settings: Settings,
  poolMinor: bigint,
  worker: () => Worker | undefined,
  onTold: (transfer: string) => void,
): Request[] => {
  const requests: Request[] = []

  const post = (request: Request, wanted: Wanted) => {
    const unborn = unbornOf({ wanted, settings, random, nowMs: nowMs() })
    const opening: Opening = {
      unborn,
      actor: 'api:sim',
      key: request.key,
      route: 'POST /v1/transfers',
      requestHash: Buffer.from(hashOf(JSON.stringify(wanted)).slice(2), 'hex'),
      status: 202,
      response: { id: unborn.id },
      location: `/v1/transfers/${unborn.id}`,
      ...('returnableMs' in unborn.terms ? { exposureLimit: BigInt(settings.exposureLimit) } : {}),
    }
    worker()
      ?.post(opening)
      .then(
        ({ response }) => {
          request.isAnswered = true
          const { id } = response as { id: string }
          if (!request.told.has(id)) onTold(id)
          request.told.add(id)
        },
        error => {
          if (!(error instanceof BridgeError)) return
          if (error.code === 'exposure_limit_exceeded') request.isAnswered ||= ++request.refusals >= patience
          if (error.code !== 'idempotency_conflict') return
          request.conflicts++
          // Somebody of his own house was quicker with another body: that is an answer.
          request.isAnswered = true
        },
      )
  }

  const persist = (request: Request) => {
    if (request.isAnswered) return
    post(request, request.bodies[0]!)
    const isHasty = faults.strikes('client: gives up waiting and asks again')
    at(nowMs() + (isHasty ? random.between(1, 20) : 15_000), () => persist(request))
  }

  const cancelLater = (request: Request) => {
    at(nowMs() + random.between(0, settings.stormMs / 2), () => {
      const [transfer] = request.told
      if (transfer !== undefined && faults.strikes('client: cancels at any time', transfer))
        void worker()?.cancel(transfer, request.key)
    })
  }

  for (let index = 0; index < settings.transfers; index++) {
    const isDenied = faults.strikes('client: is on the deny list')
    let wanted = drawWanted(random, `req-${index}`, isDenied ? denied.name : `Customer ${index}`, settings)
    if (isDenied) wanted = { ...wanted, address: denied.address }
    if (faults.strikes('client: orders more than there is'))
      wanted = { ...wanted, ...amountsOf(wanted.route, poolMinor / 10_000n + 1_000n) }
    const request: Request = {
      key: `key-${index}`,
      bodies: [wanted],
      isDenied,
      told: new Set(),
      conflicts: 0,
      refusals: 0,
      isAnswered: false,
    }
    requests.push(request)
    at(nowMs() + random.between(0, settings.postingMs), () => {
      persist(request)
      cancelLater(request)
      if (faults.strikes('client: posts twice at once')) post(request, wanted)
      if (faults.strikes('client: posts again with another body')) {
        const other = { ...wanted, ...amountsOf(wanted.route, BigInt(random.between(100, 9_000)) * 10n) }
        request.bodies.push(other)
        post(request, other)
      }
    })
  }
  return requests
}
