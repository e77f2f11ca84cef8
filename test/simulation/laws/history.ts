import type { Law } from './finding.ts'

/** Law 7: every transition has one event, one outbox row and one audit row, and the history leads to the state. */
export const history: Law = ({ tables: { transfers, transfer_events, outbox, audit_log } }) => {
  const broken: string[] = []
  for (const { id, state, version } of transfers) {
    const say = (what: string) => broken.push(`${id}: ${what}`)
    const events = transfer_events.filter(({ transfer_id }) => transfer_id === id).sort((a, b) => a.version - b.version)
    if (events.length !== version) say(`${events.length} events at version ${version}`)
    let at = 'none'
    for (const [index, event] of events.entries()) {
      if (event.version !== index + 1) say(`event ${event.version} stands at ${index + 1}`)
      if (event.from_state !== at) say(`${event.type} comes from ${event.from_state}, but it was ${at}`)
      at = event.to_state
    }
    if (at !== state) say(`its history ends in ${at}, and it says ${state}`)
    const versions = (rows: readonly { readonly transfer_id: string; readonly version: number }[]) =>
      rows
        .filter(({ transfer_id }) => transfer_id === id)
        .map(row => row.version)
        .sort((a, b) => a - b)
        .join()
    const expected = events.map(event => event.version).join()
    if (versions(outbox) !== expected) say('the outbox does not have each event once')
    if (versions(audit_log) !== expected) say('the audit does not have each event once')
  }
  return broken
}
