import type { ChainEvidence, Evidence } from '../evidence.ts'
import type { Law } from './finding.ts'

type Brought = ChainEvidence['brought'][number]

/** What customers bring by themselves and no transfer keeps is theirs again, once and whole, or a person has it. */
export const strays: Law = evidence =>
  evidence.chains.flatMap(chain => {
    const broken: string[] = []
    for (const { fact, way, terms, status } of chain.brought) {
      const say = (what: string) => broken.push(`the ${way} ${fact} of ${terms.amountMinor} ${terms.currency} ${what}`)
      if (status === 'waiting') say('still waits')
      if (status === 'claimed' && !isKept(evidence, chain, fact) && !isWithPerson(evidence, chain, fact))
        say('is with us, and nobody minds it')
    }
    const ends = chain.done
      .filter(({ action, brought }) => brought !== undefined && action !== 'claim')
      .map(({ brought }) => brought)
    for (const fact of new Set(ends)) if (ends.filter(end => end === fact).length > 1) broken.push(`${fact} went back twice`)
    return broken
  })

/** A person has to find its way back: nobody can take it, or nobody may get it. */
export const isWithPerson = ({ tables }: Evidence, { id }: ChainEvidence, fact: string): boolean =>
  tables.stray_deposits.some(stray => stray.chain === id && stray.fact === fact && stray.state === 'person')

/** The first of what its transfer asked for. */
const isKept = (evidence: Evidence, chain: ChainEvidence, fact: string): boolean => {
  const transfer = evidence.tables.transfers.find(({ escrow_ref }) =>
    chain.brought.some(each => each.fact === fact && each.terms.ref === escrow_ref),
  )
  const wanted = evidence.requests.flatMap(({ bodies }) => bodies).find(body => body.reference === transfer?.terms.reference)
  if (transfer === undefined || wanted === undefined) return false
  const isRight = ({ terms }: Brought) =>
    terms.ref === transfer.escrow_ref && terms.currency === 'USDC' && terms.amountMinor === transfer.terms.sourceAmount.minor
  const kept = chain.brought.filter(
    each => isRight(each) && each.status === 'claimed' && !isWithPerson(evidence, chain, each.fact),
  )
  return wanted.chain === chain.id && kept[0]?.fact === fact
}
