import { describe, expect, it } from 'vitest'
import { crosschain, history as crosschainHistory } from '../../../test/support/crosschain.ts'
import { replay } from '../../../test/support/given.ts'
import { offramp, history as offrampHistory } from '../../../test/support/offramp.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { remittance, history as remittanceHistory } from '../../../test/support/remittance.ts'
import { crosschainEffects } from '../transfer/crosschain/effects.ts'
import type { TransferEvent } from '../transfer/event.ts'
import { offrampEffects } from '../transfer/offramp/effects.ts'
import { onrampEntries } from '../transfer/onramp/entries.ts'
import { remittanceEntries } from '../transfer/remittance/entries.ts'
import type { Route } from '../transfer/terms.ts'
import type { TransferOf, UnbornOf } from '../transfer/transfer.ts'
import { chartFor } from './chart.ts'
import type { Entry } from './entry.ts'

describe('the chart', () => {
  const chart = chartFor({
    banks: [{ rail: 'bank:sim', currency: 'USD' }],
    partners: ['EUR'],
    tokens: [
      { chain: 'evm:1', currency: 'USDC' },
      { chain: 'evm:2', currency: 'USDC' },
    ],
  })

  it('has every account once, each in the currency that its id names', () => {
    expect(new Set(chart.map(({ id }) => id)).size).toBe(chart.length)
    for (const { id, currency } of chart) expect(id.endsWith(`:${currency}`), id).toBe(true)
  })

  const ids = new Set(chart.map(({ id }) => id))
  const books = <R extends Route>(
    unborn: UnbornOf<R>,
    histories: readonly (readonly TransferEvent[])[],
    entries: (before: TransferOf<R>, event: TransferEvent) => readonly Entry[],
  ) =>
    histories.flatMap(events =>
      events
        .slice(1)
        .flatMap((event, index) =>
          entries(replay(unborn, events.slice(0, index + 1)), event).flatMap(({ postings }) =>
            postings.map(({ account }) => account),
          ),
        ),
    )

  it('has every account that a route books on', () => {
    const booked = [
      ...books(onramp(), Object.values(history), onrampEntries),
      ...books(remittance(), Object.values(remittanceHistory), remittanceEntries),
      ...books(offramp(), Object.values(offrampHistory), (before, event) => offrampEffects(before, event, before, 0).entries),
      ...books(
        crosschain(),
        Object.values(crosschainHistory),
        (before, event) => crosschainEffects(before, event, before, 0).entries,
      ),
    ]
    expect(booked.length).toBeGreaterThan(0)
    expect(booked.filter(account => !ids.has(account))).toEqual([])
  })
})
