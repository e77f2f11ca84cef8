import type { Law } from './finding.ts'

/** Law 2, before it is too late: nothing is sent to a customer by whoever could know that he has his debit back. */
export const withdrawn: Law = ({ bank, tables }) =>
  bank.asked.flatMap(({ key, body, wantedBy }) => {
    const { description: transfer, direction } = JSON.parse(body) as { description: string; direction: string }
    if (direction !== 'credit') return []
    const last = tables.transfer_events.findLast(
      ({ transfer_id, type, version }) =>
        transfer_id === transfer && version <= wantedBy && (type === 'debitReturned' || type === 'debitReturnReversed'),
    )
    return last?.type === 'debitReturned' ? [`${transfer}: order ${key} was sent after its debit had come back`] : []
  })
