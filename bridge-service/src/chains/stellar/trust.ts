import type { LedgerAccount } from './horizon.ts'

/** Why an account cannot take an amount of a token. */
export type TrustProblem = 'account_missing' | 'trustline_missing' | 'not_authorized' | 'line_full'

/** What keeps this account from taking so much, by the newest word of Horizon. The issuer takes back everything. */
export const problemOfTaking = (account: LedgerAccount | undefined, token: string, stroops: bigint): TrustProblem | undefined => {
  if (account === undefined) return 'account_missing'
  if (token.endsWith(`:${account.id}`)) return undefined
  const line = account.lines.get(token)
  if (line === undefined) return 'trustline_missing'
  if (!line.authorized) return 'not_authorized'
  return line.limit - line.balance - line.buying < stroops ? 'line_full' : undefined
}

/** What keeps this account from paying so much. The issuer can always pay: that mints. */
export const problemOfPaying = (
  account: LedgerAccount | undefined,
  token: string,
  stroops: bigint,
): Exclude<TrustProblem, 'line_full'> | 'insufficient_balance' | undefined => {
  if (account === undefined) return 'account_missing'
  if (token.endsWith(`:${account.id}`)) return undefined
  const line = account.lines.get(token)
  if (line === undefined) return 'trustline_missing'
  if (!line.authorized) return 'not_authorized'
  return line.balance - line.selling < stroops ? 'insufficient_balance' : undefined
}
