import { z } from 'zod'
import type { Chain } from '../chains/chain.ts'
import type { DepositInstructions } from '../chains/deposits.ts'
import type { SignedLockState } from '../deposits/orders.ts'
import { money } from '../money/money.ts'
import { addressTermsOf } from '../transfer/hold.ts'
import type { Deposit } from '../transfer/terms.ts'
import type { Transfer } from '../transfer/transfer.ts'
import { amountJson, shownAmount, time, transferId } from './schemas.ts'

const call = z.object({ to: z.string(), data: z.string() }).meta({ id: 'WalletCall' })
const typedData = z
  .object({
    domain: z.record(z.string(), z.union([z.string(), z.number()])),
    types: z.record(z.string(), z.array(z.object({ name: z.string(), type: z.string() }))),
    primaryType: z.string(),
    message: z.record(z.string(), z.string()).describe('Integers are decimal strings.'),
  })
  .describe('EIP-712, as wallets take it.')
  .meta({ id: 'TypedData' })

const evmInstructions = z
  .object({
    kind: z.literal('evm'),
    escrowId: z.string(),
    escrow: z.string().describe('The contract.'),
    token: z.string(),
    terms: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .describe("The contract's struct `Terms`, for `lockWithPermit`."),
    approve: call.describe('The payer sends this first,'),
    lock: call.describe('and then this.'),
    authorization: typedData
      .nullable()
      .describe('Signed by the payer and posted back, it locks without any gas of his (ERC-3009). null: the token knows none.'),
    permit: typedData
      .nullable()
      .describe(
        'In place of `approve`: the payer signs it and calls `lockWithPermit` himself (ERC-2612). null: the token knows none.',
      ),
  })
  .meta({ id: 'EvmInstructions' })

const evmTransferInstructions = z
  .object({
    kind: z.literal('evm_transfer'),
    escrowId: z.string().describe('Of the escrow that we lock from the address.'),
    token: z.string(),
    to: z.string().describe('The deposit address: of this transfer and of no other.'),
    units: z.string().describe('Exactly so many minor units of the token, in one transfer or in several, from anywhere.'),
    call: call.describe('The same as a call.'),
    uri: z.string().describe('The same as a link, or a QR code (ERC-681).'),
  })
  .meta({ id: 'EvmTransferInstructions' })

const stellarInstructions = z
  .object({
    kind: z.literal('stellar'),
    escrowId: z.string(),
    balance: z
      .object({
        envelope: z.string().describe('base64 TransactionEnvelope, for the payer to sign and to send; its reserves are ours.'),
        networkPassphrase: z.string(),
        hash: z.string(),
        balanceId: z.string(),
        maxTime: z.int().describe('Unix seconds. Later, ask again: it is built anew.'),
      })
      .describe('A claimable balance: ours to claim until `refundAfter`, the payer’s own again from then on.'),
    payment: z
      .object({
        destination: z.string(),
        asset: z.string().describe('`CODE:ISSUER`.'),
        amount: z.string(),
        memoHash: z.string().describe('64 hex digits, for a memo of type hash. Without it the payment is sent back.'),
      })
      .describe('The other way, in one step: a payment from the payer’s own account, which is ours as it arrives.'),
  })
  .meta({ id: 'StellarInstructions' })

export const depositSchema = z
  .object({
    transferId,
    chain: z.string(),
    ref: z.string(),
    amount: shownAmount.describe('Exactly this.'),
    payer: z.string().nullable().describe('From this address, and from no other; null: from wherever, to an address of its own.'),
    refundTo: z.string().describe('Where it goes back to.'),
    payee: z.string(),
    dueAt: time.describe('What comes later is sent back.'),
    refundAfter: time.describe('From then on an escrow, or a balance, that we have not taken is the payer’s again, without us.'),
    hardDeadline: time,
    expected: z.boolean().describe('Whether the transfer waits for it now.'),
    received: shownAmount
      .nullable()
      .describe('What has come to its address, as far as we have seen, until it was locked; null: it has none.'),
    lockTx: z.string().nullable().describe('The transaction that brought it, as far as it is known.'),
    instructions: z
      .discriminatedUnion('kind', [evmInstructions, evmTransferInstructions, stellarInstructions])
      .nullable()
      .describe('null while it is not expected.'),
    signedLock: z
      .object({
        state: z.enum(['pending', 'sent', 'locked', 'refused']),
        tx: z.string().nullable(),
        code: z.string().nullable().describe('Why the chain refused it. The payer may sign again.'),
        detail: z.string().nullable(),
      })
      .nullable()
      .describe('What became of the newest signature that was posted.'),
  })
  .meta({ id: 'Deposit' })

export type DepositJson = z.output<typeof depositSchema>

/** What is not fixed with the transfer. */
export type DepositNews = {
  readonly instructions: DepositInstructions | null
  readonly signed: SignedLockState | undefined
  /** What its address was seen to have. */
  readonly seenMinor: bigint | undefined
}

const states = { PENDING: 'pending', IN_FLIGHT: 'sent', SUCCEEDED: 'locked', FAILED: 'refused' } as const

export const depositJson = (
  { id, progress }: Transfer,
  { chain, terms, refundTo, dueAt }: Deposit,
  expected: boolean,
  { instructions, signed, seenMinor }: DepositNews,
): DepositJson => ({
  transferId: id,
  chain,
  ref: terms.ref,
  amount: amountJson(money(terms.currency, BigInt(terms.amountMinor))),
  payer: refundTo === undefined ? terms.payer : null,
  refundTo: refundTo ?? terms.payer,
  payee: terms.payee,
  dueAt,
  refundAfter: timeOf(terms.refundAfter),
  hardDeadline: timeOf(terms.hardDeadline),
  expected,
  received: refundTo === undefined ? null : amountJson(money(terms.currency, seenMinor ?? 0n)),
  lockTx: progress.deposit?.lock?.txHash ?? null,
  instructions: instructions as DepositJson['instructions'],
  signedLock: signed ? { state: states[signed.status], tx: signed.txHash, code: signed.code, detail: signed.detail } : null,
})

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** Whether the transfer waits for its deposit, and still takes it. */
export const isExpected = ({ state }: Transfer, { dueAt }: Deposit, nowMs: number): boolean =>
  state === 'awaitingDeposit' && nowMs < Date.parse(dueAt)

/** What a wallet needs. Throws `chain_unavailable`, and `address_invalid` for a payer that is not on the ledger. */
export const instructionsFor = async (chain: Chain | undefined, deposit: Deposit): Promise<DepositInstructions | null> => {
  const atAddress = addressTermsOf(deposit)
  const { deposits } = chain ?? {}
  return (
    (await (atAddress
      ? deposits?.addresses?.prepare(atAddress)
      : deposits?.prepare(deposit.terms, Math.floor(Date.parse(deposit.dueAt) / 1000)))) ?? null
  )
}
