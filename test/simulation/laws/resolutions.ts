import type { ClosingEvidence, Evidence, PaperEvidence } from '../evidence.ts'
import type { Law } from './finding.ts'

/** What must be nothing when a person ends a transfer. */
const mustClose = /^(customer_clearing|payout_partner|in_transit):/

/** What persons say counts when two have said it, on what they have seen: then the books close as it says, and the bank has paid what it says. */
export const resolutions: Law = evidence => {
  const { house, tables } = evidence
  return [
    ...house.papers.flatMap(paper => wrongWith(evidence, paper).map(what => `paper ${paper.id} (${paper.type}): ${what}`)),
    ...tables.transfers.flatMap(({ id }) => resolved(evidence, id).map(what => `${id}: ${what}`)),
    ...house.papers.flatMap(paper => (paper.type === 'explainLine' && paper.isDone ? explained(evidence, paper) : [])),
    ...tables.bank_statement_lines.flatMap(({ account, cursor, explained_by }) => {
      const paper = house.papers.find(({ id }) => id === explained_by)
      const isRight = paper?.isDone && paper.payload.account === account && paper.payload.cursor === cursor
      return explained_by === null || isRight ? [] : [`line ${cursor} of ${account} was explained by nobody`]
    }),
  ]
}

const wrongWith = ({ world }: Evidence, { type, isDone, wrong, askedBy, approvedBy, payload }: PaperEvidence): string[] => {
  if (!isDone) return []
  const isLimited = type === 'rebalance' || (type === 'settleReceivable' && payload.currency === 'USD')
  const isWithin = isLimited && BigInt(payload.minor!) <= BigInt(world.operatorLimitMinor)
  const isSmall = isWithin || (type === 'explainLine' && payload.into === null)
  return [
    ...(wrong === null ? [] : [`${wrong} were wrong, and it was done`]),
    ...(isSmall || (approvedBy !== null && approvedBy !== askedBy) ? [] : [`${askedBy} alone has done it`]),
  ]
}

const resolved = ({ house, tables }: Evidence, id: string): string[] => {
  const events = tables.transfer_events.filter(({ transfer_id, type }) => transfer_id === id && type === 'transferResolved')
  const papers = house.papers.filter(({ type, transfer, isDone }) => type === 'markResolved' && transfer === id && isDone)
  const broken: string[] = []
  const entries = tables.ledger_entries.filter(({ transfer_id }) => transfer_id === id)
  const balances = (isMeant: (version: number) => boolean) => {
    const positions = new Set(entries.filter(({ version }) => isMeant(version)).map(({ position }) => position))
    const sums = new Map<string, bigint>()
    for (const { entry, account_id, amount } of tables.ledger_postings)
      if (positions.has(entry)) sums.set(account_id, (sums.get(account_id) ?? 0n) + BigInt(amount))
    return sums
  }
  for (const { version, payload } of events) {
    const paper = papers.find(({ payload: said }) => said.evidence === payload.evidence)
    if (paper === undefined) broken.push('it was resolved, and nobody has said so')
    else if (paper.payload.version !== version - 1)
      broken.push(`it was resolved at version ${version - 1}, and seen at ${paper.payload.version}`)
    else if (textOf(paper.payload.closing) !== textOf(payload.closing)) broken.push('it was closed otherwise than was said')
    for (const [account, sum] of balances(each => each <= version))
      if (mustClose.test(account) && sum !== 0n) broken.push(`it was resolved with ${sum} on ${account}`)
    const booked = balances(each => each === version)
    for (const { account, minor } of payload.closing ?? [])
      if (booked.get(account) !== -BigInt(minor)) broken.push(`${minor} of ${account} was to be closed`)
  }
  for (const { payload } of papers) {
    const { version } = tables.transfers.find(transfer => transfer.id === id)!
    if (version === payload.version) broken.push('two have said that it is over, and nobody has heard them')
  }
  const closings = events.flatMap(({ payload }) => payload.closing ?? []).filter(({ into }) => into.startsWith('bank_cash:'))
  const paid = house.byHand.filter(({ transfer }) => transfer === id)
  if (sumOf(closings) !== sumOf(paid)) broken.push(`closed as paid by hand: ${sumOf(closings)}, and paid: ${sumOf(paid)}`)
  return broken
}

const explained = ({ tables, bank }: Evidence, { id, payload }: PaperEvidence): string[] => {
  const { account, cursor, into } = payload
  const name = `line ${cursor} of ${account}`
  const line = tables.bank_statement_lines.find(each => each.account === account && each.cursor === cursor)
  if (line?.explained_by !== id) return [`${name} was explained, and nobody knows`]
  const entries = tables.ledger_entries.filter(({ transfer_id }) => transfer_id.endsWith(`/${account}/${cursor}`))
  const positions = new Set(entries.map(({ position }) => position))
  const booked = tables.ledger_postings
    .filter(({ entry, account_id }) => positions.has(entry) && account_id !== into)
    .reduce((sum, { amount }) => sum + BigInt(amount), 0n)
  const moved = bank.statement.find(each => each.account === account && each.cursor === cursor)!.amountMinor
  const due = into === null ? 0n : BigInt(moved)
  return booked === due ? [] : [`${name}: ${booked} is booked of ${due}`]
}

const textOf = (closing: readonly ClosingEvidence[] = []): string =>
  closing.map(({ account, into, minor }) => `${account} ${into} ${minor}`).join()

const sumOf = (list: readonly { readonly minor: string }[]): bigint => list.reduce((sum, { minor }) => sum + BigInt(minor), 0n)
