import type { Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

// What was read before is decided on after it, and whoever froze in between takes as long to wake up.
const underWayMs = 180_000

/** While a chain is in doubt nothing of it is final, and so nothing is paid for it. */
export const halts: Law = evidence =>
  evidence.chains.flatMap(({ id, halts }) =>
    halts.flatMap(({ fromMs, untilMs }) =>
      evidence.tables.transfer_events
        .filter(({ transfer_id, type, at }) => {
          const atMs = Date.parse(at)
          const isInside = atMs > fromMs + underWayMs && atMs < (untilMs ?? evidence.world.endMs)
          return isInside && placeOf(evidence, transfer_id, type) === id
        })
        .map(({ transfer_id, type }) => `${transfer_id}: ${type} while ${id} was in doubt`),
    ),
  )

const ofDeposit = ['depositFinalized', 'commitFinalized', 'depositReleaseFinalized']
const ofHold = ['lockFinalized', 'releaseFinalized']

/** Of which chain such an event speaks. */
const placeOf = ({ tables, requests }: Evidence, transfer: string, type: string): string | undefined => {
  const reference = tables.transfers.find(({ id }) => id === transfer)?.terms.reference
  const wanted = requests.flatMap(({ bodies }) => bodies).find(body => body.reference === reference)
  if (ofDeposit.includes(type))
    return wanted?.route === 'crosschain' && type === 'depositReleaseFinalized' ? undefined : wanted?.chain
  return ofHold.includes(type) ? (wanted?.into ?? wanted?.chain) : undefined
}
