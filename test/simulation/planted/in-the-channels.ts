import type { StellarPorts } from '../../../bridge-service/src/chains/stellar/sender.ts'
import type { FaultName } from '../catalogue.ts'
import type { PlantStellar } from '../senders/stellar/line.ts'
import { openOn, type StellarTables } from '../senders/stellar/tables.ts'
import type { Planted } from './planted.ts'

const stellar = (name: string, plantStellar: PlantStellar, shownBy?: readonly FaultName[]): Planted => ({
  ...{ name: `stellar: ${name}`, plantStellar },
  ...(shownBy && { shownBy }),
})

/** Says of an attempt that nothing has come of it, whatever the ledger says. */
const bury = ({ txs }: StellarTables, channel: string): void => {
  for (const [key, row] of txs) {
    if (!row.attempts.some(each => each.fate === 'open' && each.channel === channel)) continue
    const attempts = row.attempts.map(each => (each.fate === 'open' ? { ...each, fate: 'dead' as const } : each))
    txs.set(key, { ...row, status: 'waiting', attempts })
  }
}

const ofHorizon = (ports: StellarPorts, change: Partial<StellarPorts['horizon']>): StellarPorts => ({
  ...ports,
  horizon: { ...ports.horizon, ...change },
})

export const plantedInTheChannels: readonly Planted[] = [
  stellar('what is answered with nothing is built anew at once', (ports, { tables }) =>
    ofHorizon(ports, {
      send: async envelope => {
        const answer = await ports.horizon.send(envelope)
        if (answer.kind !== 'silent') return answer
        for (const channel of ports.accounts.channels) {
          const sent = openOn(tables, channel)?.versions.some(({ hash }) => tables.envelopes.get(hash) === envelope)
          if (sent) bury(tables, channel)
        }
        return answer
      },
    }),
  ),
  stellar('a channel is lent to whoever has none, whatever is open on it', (ports, { tables }) => ({
    ...ports,
    channels: {
      ...ports.channels,
      take: async leaseMs => {
        const idle = await ports.channels.take(leaseMs)
        if (idle !== undefined) return idle
        bury(tables, ports.accounts.channels[0]!)
        return ports.channels.take(leaseMs)
      },
    },
  })),
  stellar('what Horizon does not find is dead before its time is over', ports => ({
    ...ports,
    store: {
      ...ports.store,
      openOn: async channels => (await ports.store.openOn(channels)).map(attempt => ({ ...attempt, maxTime: 0n })),
    },
  })),
  stellar('bytes go out before they are kept', ports => ({
    ...ports,
    store: {
      ...ports.store,
      begin: async (lease, order, escrowId, attempt) => {
        await ports.horizon.send(attempt.envelope)
        return ports.store.begin(lease, order, escrowId, attempt)
      },
    },
  })),
  stellar(
    'what is in a ledger has succeeded',
    ports =>
      ofHorizon(ports, {
        transaction: async hash => {
          const found = await ports.horizon.transaction(hash)
          return found && { ...found, successful: true }
        },
      }),
    ['stellar: a trustline is gone before it is paid'],
  ),
  stellar(
    'a number that is used was used by us',
    (ports, { tables }) =>
      ofHorizon(ports, {
        takerOf: async (account, sequence) => {
          const taker = await ports.horizon.takerOf(account, sequence)
          return taker && { ...taker, innerHash: openOn(tables, account)?.hash ?? taker.innerHash, successful: true }
        },
      }),
    ['stellar: the key of a channel is used elsewhere'],
  ),
]
