import type { Law } from './finding.ts'

/** One request is one transfer, with the terms that its client sent; what was acknowledged is there; who is denied is not served. */
export const clients: Law = ({ requests, tables, moments }) => {
  const broken: string[] = []
  for (const { key, bodies, isDenied, isAnswered, told, conflicts, refusals } of requests) {
    const say = (what: string) => broken.push(`${key}: ${what}`)
    const reference = bodies[0]!.reference
    const transfers = tables.transfers.filter(({ terms }) => terms.reference === reference)
    if (transfers.length > 1) say(`${transfers.length} transfers`)
    if (told.length > 1) say('was told of two transfers')
    if (conflicts > 0 && bodies.length === 1) say('was told of a conflict with himself')
    if (isAnswered && transfers.length === 0 && refusals === 0) say('was answered, and there is no transfer')
    if (!isAnswered) say('was never answered')
    for (const id of told) if (!transfers.some(transfer => transfer.id === id)) say(`was told of ${id}, which is not there`)
    for (const { id, terms } of transfers) {
      const same = bodies.find(({ paidMinor }) => paidMinor === terms.sourceAmount.minor)
      if (same === undefined || same.deliveredMinor !== terms.destinationAmount.minor || same.feeMinor !== terms.fee.minor)
        say('got other terms than he wanted')
      // What he has locked himself may go back to him.
      const ordered = moments.filter(({ transfer, wish, role }) => transfer === id && !(role === 'deposit' && wish === 'refund'))
      if (isDenied && ordered.length > 0) say('is on the deny list, and was served')
    }
  }
  return broken
}
