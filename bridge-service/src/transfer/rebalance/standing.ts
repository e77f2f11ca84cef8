import type { TransferEvent } from '../event.ts'
import type { Progress } from '../transfer.ts'

type Standing = Pick<Progress, 'payout'> & { readonly arrived?: true | undefined }

/** The sending bank may still settle or refuse the order. */
export const orderIsOpen = ({ payout }: Standing): boolean => !payout?.settled && !payout?.refused && !payout?.returned

/** The sending bank's last word is that it has paid. */
export const hasLeft = ({ payout }: Standing): boolean => payout?.settled === true && !payout.returned

/** The two accounts agree again: it is at the one or at the other, and in none of them twice. */
export const endOf = (standing: Standing): TransferEvent[] => {
  if (orderIsOpen(standing) || hasLeft(standing) !== (standing.arrived === true)) return []
  return [{ type: standing.arrived ? 'transferCompleted' : 'transferCompensated' }]
}
