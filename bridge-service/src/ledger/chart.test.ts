import { describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { onrampEntries } from '../transfer/onramp/entries.ts'
import { chartFor } from './chart.ts'

describe('the chart', () => {
  const chart = chartFor(
    ['USD', 'EUR'],
    [
      { chain: 'evm:1', currency: 'USDC' },
      { chain: 'evm:2', currency: 'USDC' },
    ],
  )

  it('has every account once, each in the currency that its id names', () => {
    expect(new Set(chart.map(({ id }) => id)).size).toBe(chart.length)
    for (const { id, currency } of chart) expect(id.endsWith(`:${currency}`), id).toBe(true)
  })

  it('has every account that an on-ramp books on', () => {
    const ids = new Set(chart.map(({ id }) => id))
    for (const events of Object.values(history))
      events.forEach((event, index) => {
        if (index === 0) return
        for (const { postings } of onrampEntries(replay(onramp(), events.slice(0, index)), event))
          for (const { account } of postings) expect(ids).toContain(account)
      })
  })
})
