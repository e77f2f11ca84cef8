import type { ChainEvidence, Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

// Dust is sent back so many times by the house; from then on it is whoever wants it that fetches it.
const returnsByUs = 5

/** What is transferred to a deposit address is locked for its transfer, or its owner's again, or in a person's hands; and the house knows which. */
export const atAddresses: Law = evidence =>
  evidence.chains.flatMap(chain => [...lying(evidence, chain), ...untold(evidence, chain)])

const lying = ({ tables }: Evidence, { id, addresses }: ChainEvidence): string[] =>
  addresses.flatMap(({ address, terms, tokens }) =>
    tokens.flatMap(({ token, lies, came, back }) => {
      const isOfIt = (fact: string) => fact.startsWith(`${address}:`) && fact.replace(/:\d+$/, '').endsWith(token)
      const cases = tables.stray_deposits.filter(({ chain, fact }) => chain === id && isOfIt(fact))
      const isMinded = cases.length >= returnsByUs || cases.some(({ state }) => state === 'person')
      const what = `${lies} ${token} at ${address}, of ${came} that came and ${back} that went back for ${terms.ref}`
      return lies === '0' || isMinded ? [] : [`nobody minds ${what}`]
    }),
  )

/** Of what the house says it has sent back from an address there is a transaction, one for each. What a reorg undid is no lie. */
const untold = ({ tables }: Evidence, { id, done, hadReorgs }: ChainEvidence): string[] => {
  if (hadReorgs) return []
  const sent = new Set(done.filter(({ action }) => action === 'recover').map(({ hash }) => hash))
  return tables.stray_deposits
    .filter(({ chain, state, address_terms }) => chain === id && state === 'returned' && address_terms !== null)
    .filter(({ tx_hash }) => tx_hash === null || !sent.delete(tx_hash))
    .map(({ fact, tx_hash }) => `${fact} says that it went back with ${tx_hash}, which sent nothing, or something else`)
}

/** Whose an escrow is that is locked from a deposit address; of any other it is its payer's. */
export const ownerOf = ({ addresses }: ChainEvidence, payer: string): string =>
  addresses.find(({ address }) => address === payer)?.terms.payer ?? payer
