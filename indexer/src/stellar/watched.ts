/** Whose money a Stellar follower looks after. All accounts are G… strkeys. */
export type Watched = {
  readonly passphrase: string
  /** Claims before a hold's time, receives deposits; the treasury itself. */
  readonly hot: string
  /** Claims from a hold's time on. */
  readonly cold: string
  /** `CODE:ISSUER`. Anything else that strangers send is noise: anybody can issue an asset called USDC. */
  readonly tokens: ReadonlySet<string>
}

export const issuerOf = (token: string): string => token.slice(token.indexOf(':') + 1)

/** An account of ours, or one that issues what we hold. */
export const isOurs = ({ hot, cold, tokens }: Watched, account: string): boolean =>
  account === hot || account === cold || [...tokens].some(token => issuerOf(token) === account)
