import type { Evidence } from './evidence.ts'
import { agreement } from './laws/agreement.ts'
import { atAddresses } from './laws/at-addresses.ts'
import { clients } from './laws/clients.ts'
import { debts } from './laws/debts.ts'
import { endings } from './laws/endings.ts'
import { escrowEnds } from './laws/escrow-ends.ts'
import { exposure } from './laws/exposure.ts'
import { finality } from './laws/finality.ts'
import type { Finding, Law } from './laws/finding.ts'
import { halts } from './laws/halts.ts'
import { history } from './laws/history.ts'
import { keys } from './laws/keys.ts'
import { lanes } from './laws/lanes.ts'
import { pauses } from './laws/pauses.ts'
import { postings } from './laws/postings.ts'
import { rebalances } from './laws/rebalances.ts'
import { refunds } from './laws/refunds.ts'
import { resolutions } from './laws/resolutions.ts'
import { rest } from './laws/rest.ts'
import { settlements } from './laws/settlements.ts'
import { statements } from './laws/statements.ts'
import { strays } from './laws/strays.ts'
import { withdrawn } from './laws/withdrawn.ts'

const laws: Readonly<Record<string, Law>> = {
  postings,
  endings,
  debts,
  settlements,
  escrowEnds,
  agreement,
  finality,
  exposure,
  keys,
  lanes,
  withdrawn,
  history,
  rest,
  clients,
  strays,
  atAddresses,
  statements,
  pauses,
  halts,
  rebalances,
  refunds,
  resolutions,
}

/** Judges a world by its own books. Shares no code with what it judges. */
export const judge = (evidence: Evidence): Finding[] =>
  Object.entries(laws).flatMap(([law, broken]) => broken(evidence).map(what => ({ law, what })))
