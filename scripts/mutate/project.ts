import { repository } from '../local/child.ts'

/** What is mutated. Files by their place in it. */
export type Project = {
  readonly root: string
  readonly sources: readonly string[]
  /** The contracts whose artifacts the tests deploy, such as `contracts/Escrow.sol:Escrow`. */
  readonly deployed: readonly string[]
}

export const causeway: Project = {
  root: repository,
  sources: [
    ...['Escrow', 'EscrowCredits', 'EscrowTokens', 'SettlementToken'].map(name => `contracts/${name}.sol`),
    ...['Custody', 'RefillBucket', 'RoundAmount'].map(name => `contracts/libraries/${name}.sol`),
  ],
  deployed: ['contracts/Escrow.sol:Escrow', 'contracts/SettlementToken.sol:SettlementToken'],
}
