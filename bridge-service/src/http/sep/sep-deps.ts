import type { SepConfig } from '../../sep-config.ts'

/** The keys that may act for an account, as the ledger has them. */
export type AccountAuthority = {
  readonly signers: readonly { readonly key: string; readonly weight: number }[]
  /** The weight that moving funds takes. */
  readonly mediumThreshold: number
}

/** Port to the ledger: undefined for an account that does not exist. Throws `chain_unavailable`. */
export type AccountSigners = (accountId: string) => Promise<AccountAuthority | undefined>

/** Port to a wallet's own stellar.toml: its SIGNING_KEY (G…). Throws `client_domain_unresolved`. */
export type ClientSigningKey = (domain: string) => Promise<string>

/** What serving Stellar wallets takes. */
export type SepDeps = {
  readonly config: SepConfig
  readonly accountSigners: AccountSigners
  readonly clientSigningKey: ClientSigningKey
}
