import { openStellarNetwork, type StellarNetwork } from '../network.ts'
import { isSupported } from '../operations/registry.ts'
import { compare, type Difference } from './difference.ts'
import { dumpState } from './dump.ts'
import type { Closing, Named, Scenario, Submission, Vectors } from './vectors.ts'

export type ReplayReport = {
  readonly scenarios: number
  readonly passed: number
  readonly failed: number
  /** With an operation that this ledger refuses. */
  readonly skipped: number
  readonly differences: readonly Difference[]
}

/** Puts every scenario to a ledger of its own and compares each answer, and the whole state after each ledger, with what core recorded. */
export const replay = (vectors: Vectors): ReplayReport => {
  const possible = vectors.scenarios.filter(({ ops }) => ops.every(op => isSupported(camelCase(op))))
  const found = possible.map(scenario => replayScenario(vectors, scenario))
  const failed = found.filter(differences => differences.length > 0).length
  return {
    scenarios: vectors.scenarios.length,
    passed: possible.length - failed,
    failed,
    skipped: vectors.scenarios.length - possible.length,
    differences: found.flat(),
  }
}

const replayScenario = (vectors: Vectors, scenario: Scenario): Difference[] => {
  const { ledger_0: start } = vectors
  const network = openStellarNetwork({
    passphrase: vectors.network_passphrase,
    genesisTime: start.close_time,
    genesisLedger: start.ledger_seq,
    baseFee: vectors.base_fee,
    baseReserve: vectors.base_reserve,
    maxTxSetSize: vectors.max_tx_set_size,
    core: 'v19',
  })
  const expected = { accounts: { ...start.accounts }, claimable_balances: byId(start.claimable_balances) }
  let pending = new Set<string>()
  const differences = compare('ledger_0', expected, dumpState(network.state)).map(found => ({
    scenario: scenario.name,
    ...found,
  }))
  for (const [step, recorded] of scenario.steps.entries()) {
    const place = { scenario: scenario.name, step }
    if ('submit' in recorded) {
      const { answer, found } = compareSubmission(network, recorded)
      if (answer.status === 'PENDING') pending.add(answer.hash)
      differences.push(...found.map(difference => ({ ...place, ...difference })))
      continue
    }
    differences.push(...compareClosing(network, recorded, scenario, pending).map(difference => ({ ...place, ...difference })))
    replaceChanged(expected.accounts, recorded.changed.accounts)
    replaceChanged(expected.claimable_balances, recorded.changed.claimable_balances)
    differences.push(...compare('state', expected, dumpState(network.state)).map(difference => ({ ...place, ...difference })))
    pending = new Set()
  }
  const after = { accounts: scenario.state_after.accounts, claimable_balances: byId(scenario.state_after.claimable_balances) }
  const end = [
    ...compare('state_after', after, dumpState(network.state)),
    ...compare('fee_pool_after', scenario.fee_pool_after, `${network.last().feePool}`),
  ]
  return [...differences, ...end.map(difference => ({ scenario: scenario.name, ...difference }))]
}

const compareSubmission = (network: StellarNetwork, recorded: Submission) => {
  const answer = network.submit(recorded.submit)
  const found = [
    ...compare('status', recorded.status, answer.status),
    ...(answer.status === 'EXCEPTION' ? [] : compare('hash', recorded.hash, answer.hash)),
    ...compare('result_xdr', recorded.result_xdr, answer.status === 'ERROR' ? answer.resultXdr : undefined),
  ]
  return { answer, found }
}

const compareClosing = (network: StellarNetwork, recorded: Closing, scenario: Scenario, pending: ReadonlySet<string>) => {
  const order = recorded.applied.map(({ hash }) => hash)
  const ledger = network.close(recorded.close_time, scenario.order_dependent === undefined ? {} : { order })
  // As sets: the order goes by hashes of ledgers that only the recorded network knew.
  const expected = Object.fromEntries(
    recorded.applied.map(({ hash, result_xdr, fee_charged }) => [hash, { result_xdr, fee_charged }]),
  )
  const found = Object.fromEntries(
    ledger.transactions.map(({ hash, resultXdr, feeCharged }) => [hash, { result_xdr: resultXdr, fee_charged: `${feeCharged}` }]),
  )
  const left = [...pending].filter(hash => found[hash] === undefined)
  return [
    ...compare('ledger_seq', recorded.ledger_seq, ledger.sequence),
    ...compare('applied', expected, found),
    ...compare('pending_not_applied', (recorded.pending_not_applied ?? []).toSorted(), left.toSorted()),
    ...compare('fee_pool', recorded.fee_pool, `${ledger.feePool}`),
  ]
}

const replaceChanged = (state: Record<string, unknown>, changed: Named) => {
  for (const [name, value] of Object.entries(changed))
    if (value === null) delete state[name]
    else state[name] = value
}

const byId = (balances: readonly { readonly id: string }[] = []): Record<string, unknown> =>
  Object.fromEntries(balances.map(balance => [balance.id, balance]))

/** `SET_TRUST_LINE_FLAGS` is `setTrustLineFlags` in the SDK. */
const camelCase = (operation: string): string =>
  operation.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
