import type pg from 'pg'

/** One side of a transfer on a chain: what the treasury holds for somebody, or what its customer brings. */
export type EscrowLeg = {
  readonly id: string
  readonly state: string
  readonly ref: string
  readonly kind: 'hold' | 'deposit'
  readonly chain: string
  /** Agreed, in minor units. */
  readonly minor: string
  readonly payer: string
  readonly confirmations: string
}

export const readEscrowLegs = async (database: pg.Pool): Promise<EscrowLeg[]> => {
  const { rows } = await database.query<EscrowLeg>(
    `select id, state, escrow_ref as ref, 'hold' as kind, terms->>'chain' as chain, terms->'hold'->>'amountMinor' as minor,
            terms->'hold'->>'payer' as payer, terms->'finality'->>'confirmations' as confirmations
       from transfers where terms ? 'hold'
      union all
     select id, state, escrow_ref, 'deposit', d->>'chain', d->'terms'->>'amountMinor', d->'terms'->>'payer', d->'finality'->>'confirmations'
       from transfers cross join lateral (select terms->'deposit' as d) deposit where terms ? 'deposit'`,
  )
  return rows
}
