import type { Anomaly } from '../anomaly.ts'
import type { EscrowEvent } from '../observation.ts'
import { balanceMadeBy, type KnownBalance } from './balance.ts'
import { type Decoded, decode } from './decode.ts'
import { interpret } from './interpret.ts'
import type { Ledger } from './read-ledgers.ts'
import type { RawTransaction } from './transaction.ts'
import type { Watched } from './watched.ts'

/** A ledger whose transactions were decoded, each as far as it could be. */
export type DecodedLedger = Pick<Ledger, 'header'> & {
  readonly transactions: readonly { raw: RawTransaction; decoded: Decoded }[]
}

export const decodeLedger = ({ header, transactions }: Ledger, networkId: Uint8Array): DecodedLedger => ({
  header,
  transactions: transactions.map(raw => ({ raw, decoded: decode(raw, networkId) })),
})

/** The balances that these ledgers claim or claw back. */
export const balancesEnded = (ledgers: readonly DecodedLedger[]): string[] => [
  ...new Set(
    ledgers.flatMap(({ transactions }) =>
      transactions.flatMap(({ decoded }) =>
        decoded.kind === 'done'
          ? decoded.transaction.movements.flatMap(movement =>
              movement.kind === 'balanceClaimed' || movement.kind === 'balanceClawedBack' ? [movement.balanceId] : [],
            )
          : [],
      ),
    ),
  ),
]

/** What ledgers in a row mean, given what is known of the balances that end in them. */
export const interpretLedgers = (
  ledgers: readonly DecodedLedger[],
  watched: Watched,
  before: ReadonlyMap<string, KnownBalance>,
): { events: EscrowEvent[]; anomalies: Anomaly[] } => {
  const known = new Map(before)
  const events: EscrowEvent[] = []
  const anomalies: Anomaly[] = []
  for (const { header, transactions } of ledgers) {
    for (const { raw, decoded } of transactions) {
      const { envelopeXdr, resultXdr, hash: txHash } = raw
      const kept = { blockNumber: header.number, blockHash: header.hash, txHash, envelopeXdr, resultXdr }
      if (decoded.kind === 'strange') {
        anomalies.push({ ...kept, ordinal: -1, reason: decoded.reason, detail: decoded.detail })
      }
      if (decoded.kind !== 'done') continue
      const found = interpret(decoded.transaction, header, watched, known)
      for (const event of found.events) {
        const made = balanceMadeBy(event)
        if (made) known.set(...made)
      }
      events.push(...found.events)
      anomalies.push(...found.oddities.map(({ reason, index }) => ({ ...kept, ordinal: index, reason, detail: '' })))
    }
  }
  return { events, anomalies }
}
