/** A refund that is not over, or that its transfer has still to hear of: SQL over `refunds`. */
export const unheard = `(state in ('requested', 'crediting') or state = 'completed' and not exists (
  select from transfers t where t.id = refund_of and t.progress->'refunds' ? refunds.id))`
