import { Operation } from '@stellar/stellar-sdk'
import { showStroops } from '../../../../bridge-service/src/chains/stellar/amount.ts'
import { assetOf } from '../../../../bridge-service/src/chains/stellar/asset.ts'
import { holdClaimants } from '../../../../bridge-service/src/chains/stellar/claimants.ts'
import { createBalance } from '../../../../bridge-service/src/chains/stellar/create-balance.ts'
import { type Built, buildEnvelope, bumpEnvelope } from '../../../../bridge-service/src/chains/stellar/envelope.ts'
import type { Plan } from '../../../../bridge-service/src/chains/stellar/plan.ts'
import { treasury } from '../../chain/escrow.ts'
import type { EscrowTerms } from '../../escrow-terms.ts'
import { accountOf, assetNameOf, cold, hot, namedAccounts, passphrase } from './accounts.ts'
import { stroopsOf } from './customers.ts'
import { firstSequence } from './sequence.ts'

// What the sender signs, for the tests of those who read it.

export const ref = `0x${'ab'.repeat(32)}` as const

export const terms: EscrowTerms = {
  ...{ ref, currency: 'USDC', amountMinor: '1000000', payer: treasury, payee: `0x${'51'.repeat(20)}` },
  ...{ refundAfter: 1_900_000_000, hardDeadline: 1_900_086_400, onExpiry: 'refund' },
}

/** `bid`, and `bumpedTo` of a bump around it, in stroops per operation. */
export type Slot = {
  readonly channel?: 0 | 1
  readonly nonce?: number
  readonly maxTime?: bigint
  readonly bid?: bigint
  readonly bumpedTo?: bigint
}

type Signed = Pick<Built, 'hash' | 'envelope' | 'balanceIds'>

const accounts = namedAccounts(2)
const token = assetNameOf('USDC')
const stroops = stroopsOf(terms.amountMinor)
const refundAfter = BigInt(terms.refundAfter)

const signed = (
  { operations, signers }: Pick<Plan, 'operations' | 'signers'>,
  { channel = 0, nonce = 0, maxTime = refundAfter - 1n, bid = 100n, bumpedTo }: Slot,
): Signed => {
  const slot = { channel: accounts.channels[channel]!, sequence: firstSequence + BigInt(nonce) + 1n, maxTime, bid }
  const built = buildEnvelope({ kind: 'plan', ref, operations, signers }, slot, passphrase, accounts)
  return bumpedTo === undefined ? built : { ...built, ...bumpEnvelope(built.envelope, bumpedTo, hot, passphrase, accounts) }
}

/** `payer`: the treasury, or the issuer who mints into it. */
export const signedLock = (slot: Slot = {}, payer = hot): Signed => {
  const claimants = holdClaimants(hot, cold, refundAfter)
  return signed({ operations: createBalance(hot, { token, stroops, creator: payer, claimants }), signers: [payer, hot] }, slot)
}

export const signedRelease = (balanceId: string, slot: Slot = {}, claimer = hot): Signed => {
  const amount = showStroops(stroops)
  const claim = Operation.claimClaimableBalance({ balanceId, source: claimer })
  const pay = Operation.payment({ destination: accountOf(terms.payee), asset: assetOf(token), amount, source: claimer })
  return signed({ operations: [claim, pay], signers: [claimer] }, slot)
}
