import type { PooledTx, SimChain } from '../../chain/chain.ts'
import type { ChainState } from '../../chain/escrow.ts'
import { escrowIdOf } from '../../chain/ids.ts'
import type { EscrowTerms } from '../../escrow-terms.ts'
import { accountOf } from './accounts.ts'
import { type Balance, isThere } from './balances.ts'
import { customersEnvelope, stroopsOf } from './customers.ts'
import type { Hold, Known, Lock } from './wish.ts'

export type LedgerBooks = Known & {
  /** Terms under which the house will lock: the ledger has only a part of them. */
  readonly learn: (terms: EscrowTerms) => void
  /** A lock is in a ledger. Until then its balance is none, and another lock at the same number may be what makes it. */
  readonly make: (lock: Lock, hold: Hold) => void
  /** Undefined once it is claimed, and before it is made. */
  readonly balanceIn: (state: ChainState, id: string) => Balance | undefined
  /** The bytes with which a customer brought something, base64. */
  readonly broughtBy: (tx: PooledTx) => string
  /** The balance that a fact of a customer's told of. */
  readonly balanceIdOf: (fact: string) => string
}

/** What the ledger has beside the chain's own books: balances by their ids, and the bytes of those who bring some. */
export const ledgerBooks = (chain: SimChain, depositOf: (hash: string) => string | undefined): LedgerBooks => {
  const learned = new Map<string, EscrowTerms[]>()
  const balances = new Map<string, Balance>()
  const holds = new Map<string, Hold>()
  const idsByFact = new Map<string, string>()
  const broughtOf = (fact: string) => {
    const found = chain.state().brought.get(fact)
    if (found === undefined) throw new Error(`nobody brought ${fact}`)
    return found
  }

  chain.onBlock(() => {
    for (const { tx } of chain.blocks.at(-1)!.mined) {
      if (tx.action !== 'bring') continue
      const { balance } = customersEnvelope(tx)
      balances.set(balance!.id, balance!)
      idsByFact.set(`${tx.hash}:0`, balance!.id)
    }
  })

  return {
    learn: terms => {
      const known = learned.get(terms.ref) ?? []
      if (!known.some(each => escrowIdOf(each) === escrowIdOf(terms))) learned.set(terms.ref, [...known, terms])
    },
    holdOf: (ref, { source, stroops, claimants }) => {
      const isMeant = ({ payer, amountMinor, refundAfter }: EscrowTerms) =>
        accountOf(payer) === source &&
        stroopsOf(amountMinor) === stroops &&
        claimants.every(rule => rule.when !== 'always' && rule.time === BigInt(refundAfter))
      const terms = learned.get(ref)?.find(isMeant)
      if (terms === undefined) throw new Error(`nobody asked for a lock under ${ref}`)
      return { terms, escrowId: escrowIdOf(terms) }
    },
    make: ({ balanceId: id, token, stroops, claimants }, hold) => {
      balances.set(id, { id, token, stroops, claimants, of: { kind: 'hold', escrowId: hold.escrowId } })
      holds.set(id, hold)
    },
    balanceOf: id => {
      const balance = balances.get(id)
      if (balance === undefined) throw new Error(`there never was a balance ${id}`)
      const { terms, escrowId } = balance.of.kind === 'brought' ? broughtOf(balance.of.fact) : holds.get(id)!
      return { balance, terms, escrowId }
    },
    // Of two that are alike the ledger cannot tell which goes back: whoever sends it must know.
    paidBackBy: ({ innerHash, memo, deeds: [pay] }) => {
      const told = memo.type === 'memoReturn' ? `${memo.hash}:0` : depositOf(innerHash)
      if (told !== undefined) return { ...broughtOf(told) }
      const found = [...chain.state().brought.values()].find(
        ({ terms }) => terms.ref === memo.hash && pay?.kind === 'pay' && stroopsOf(terms.amountMinor) === pay.stroops,
      )
      if (found === undefined) throw new Error(`nothing was brought under ${memo.hash}`)
      return found
    },
    balanceIn: (state, id) => {
      const balance = balances.get(id)
      return balance !== undefined && isThere(balance, state) ? balance : undefined
    },
    broughtBy: tx => customersEnvelope(tx).envelope,
    balanceIdOf: fact => idsByFact.get(fact)!,
  }
}
