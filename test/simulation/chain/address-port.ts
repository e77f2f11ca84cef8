import type { ChainTx } from '../../../bridge-service/src/chains/chain.ts'
import type { Holding, StrayMoney, WayBack } from '../../../bridge-service/src/chains/deposits.ts'
import { BridgeError } from '../../../bridge-service/src/errors.ts'
import type { Outcome } from '../../../bridge-service/src/outcome.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { EscrowTerms } from '../escrow-terms.ts'
import type { Faults } from '../faults.ts'
import { tokenOf } from '../indexer/indexer.ts'
import type { Scheduler } from '../scheduler.ts'
import { addressOf, lockedTermsOf, lyingAt, nativeCoin, wouldMove } from './at-address.ts'
import { ownToken } from './brought.ts'
import type { SimChain } from './chain.ts'
import type { ChainState } from './escrow.ts'
import { escrowIdOf } from './ids.ts'
import type { ChainRequest } from './request.ts'

/** Deposit addresses as the port of a chain has them: what an adapter promises, with the faults of nodes. */
export const addressPort = (
  { nowMs }: Scheduler,
  random: Random,
  faults: Faults,
  chain: SimChain,
  transferOf: (ref: string) => string | undefined,
  submit: (request: ChainRequest, escrowId: string | undefined) => Promise<Outcome<ChainTx>>,
) => {
  const aboutTerms = ({ ref }: EscrowTerms) => transferOf(ref) ?? ref

  const look = async (deposits: readonly EscrowTerms[]): Promise<Holding[]> => {
    const about = deposits.length === 1 ? aboutTerms(deposits[0]!) : undefined
    if (faults.strikes('chain: does not answer a question', about))
      throw new BridgeError('chain_unavailable', { reason: 'time-out' })
    const isOld = faults.strikes('chain: answers from an old state', about)
    const state = isOld ? chain.stateBefore(random.between(1, 3)) : chain.state()
    return deposits.map(terms => holdingOf(state, addressOf(terms)))
  }

  /** What a call of ours would be refused with, as the chain stands, or what it would send. */
  const plan = (action: 'lockThere' | 'recover', terms: EscrowTerms, token: string) => (state: ChainState) => {
    const circumstances = { ...chain.circumstances, nowMs: nowMs() }
    const moved = wouldMove(state, { action, terms, token, sender: 'bridge' }, nowMs(), circumstances)
    return typeof moved === 'string' ? moved : { action, escrowId: escrowIdOf(lockedTermsOf(terms)), terms, token }
  }

  return {
    look,
    lock: (key: string, terms: EscrowTerms) =>
      submit({ key, body: JSON.stringify(terms), about: aboutTerms(terms), plan: plan('lockThere', terms, ownToken) }, undefined),
    wayBack: async (terms: EscrowTerms, { token }: StrayMoney): Promise<WayBack> => {
      const [holding] = await look([terms])
      return holding!.balances.some(balance => balance.token === token && balance.units > 0n)
        ? { kind: 'byUs' }
        : { kind: 'over' }
    },
    giveBack: (key: string, terms: EscrowTerms, money: StrayMoney) => {
      const about = aboutTerms(terms)
      denyOwner(faults, random, chain, terms, nowMs(), about)
      const token = money.token === nativeCoin ? nativeCoin : ownToken
      return submit({ key, body: JSON.stringify(money), about, plan: plan('recover', terms, token) }, undefined)
    },
  }
}

/** A token may refuse to pay anybody: what lies at his address stays there meanwhile. */
export const denyOwner = (
  faults: Faults,
  random: Random,
  { circumstances }: SimChain,
  terms: EscrowTerms,
  nowMs: number,
  about: string,
): void => {
  if (faults.strikes('evm: the token does not pay the owner of a deposit address for a while', about))
    circumstances.deniedUntilMs.set(addressOf(terms), nowMs + random.between(30, 3_000) * 1_000)
}

/** What there is at an address, in the words of the port. */
export const holdingOf = (state: ChainState, address: string): Holding => {
  const status = state.escrows.get(state.addresses.get(address)?.escrowId ?? '')?.status
  return {
    escrow: status === undefined ? 'none' : status === 'refunded' ? 'refunded' : 'locked',
    balances: [
      { token: tokenOf(ownToken), units: lyingAt(state, address, ownToken) },
      { token: nativeCoin, units: lyingAt(state, address, nativeCoin) },
    ],
  }
}
