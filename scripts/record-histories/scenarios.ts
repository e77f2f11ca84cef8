import type { Input, OperatorInput } from '../../bridge-service/src/transfer/input.ts'
import type { Unborn } from '../../bridge-service/src/transfer/transfer.ts'
import { crosschain } from '../../test/support/crosschain.ts'
import {
  bank,
  cancel,
  credit,
  deadline,
  debit,
  final,
  included,
  orphaned,
  payout,
  refusal,
  screened,
  unknown,
  withdrawn,
} from '../../test/support/inputs.ts'
import { offramp } from '../../test/support/offramp.ts'
import { finalAtMs, onramp, refundAfterMs, settledAtMs } from '../../test/support/onramp.ts'
import { rebalance } from '../../test/support/rebalance.ts'
import { remittance } from '../../test/support/remittance.ts'

type Said = Input | OperatorInput | { readonly at: number }

/** What a transfer is told, in order; `at` moves the time. `since`: the first definition that knows the words. */
export type Scenario = { readonly name: string; readonly since: number; readonly unborn: Unborn; readonly said: readonly Said[] }

const covered = screened(10n ** 12n)
const deposit = (input: Input): Input => (input.type === 'chainFact' ? { ...input, type: 'depositFact' } : input)
const atFinal = { at: finalAtMs }
const locked = [covered, debit('settled'), included('escrowLocked', '10'), final('lock', '10')]
const releasing = [...locked, atFinal, deadline('clearing')]
const released = [...releasing, included('escrowReleased', '20'), final('release', '20')]
const refunded = [included('escrowRefunded', '30'), final('refund', '30')]
const deposited = [covered, included('escrowLocked', 'd1'), final('deposit', 'd1')].map(deposit)
const committed = [...deposited, deposit(included('escrowCommitted', 'c1')), final('commit', 'c1')]
const collected = [deposit(included('escrowReleased', 'e1')), final('depositRelease', 'e1')]

const onramps: readonly Omit<Scenario, 'unborn'>[] = [
  { name: 'arrives', since: 1, said: [covered, debit('submitted'), ...released.slice(1)] },
  { name: 'is screened out', since: 1, said: [refusal('screen')] },
  { name: 'finds no liquidity', since: 1, said: [screened(0n)] },
  { name: 'is canceled before anything has moved', since: 1, said: [cancel] },
  { name: 'is canceled while it clears, and pays back', since: 1, said: [...locked, cancel, ...refunded, credit('settled')] },
  { name: 'is never debited', since: 1, said: [covered, unknown('debitFiat'), debit('rejected', 'R01')] },
  { name: 'is returned while it clears', since: 1, said: [...locked, debit('returned', 'R01'), ...refunded] },
  { name: 'is returned after it has arrived', since: 1, said: [...released, debit('returned', 'R10')] },
  {
    name: 'is locked again after a reorg',
    since: 1,
    said: [...locked.slice(0, 3), orphaned('escrowLocked', '10'), included('escrowLocked', '11'), final('lock', '11')],
  },
  {
    name: 'is released at the second try',
    since: 1,
    said: [
      ...releasing,
      refusal('releaseEscrow'),
      deadline('retryRelease'),
      included('escrowReleased', '21'),
      final('release', '21'),
    ],
  },
  {
    name: 'is refunded by a stranger after its deadline',
    since: 1,
    said: [...locked, { at: refundAfterMs }, ...refunded, credit('settled'), credit('returned', 'R03')],
  },
  {
    name: 'is not locked, and pays back',
    since: 1,
    said: [...locked.slice(0, 2), refusal('lockEscrow'), credit('rejected', 'R03')],
  },
  { name: 'is clawed back by the issuer', since: 3, said: [...locked, included('escrowClawedBack', '40'), credit('settled')] },
  { name: 'is delivered, and never fetched', since: 3, said: [...released, included('deliveryReclaimed', '50')] },
]

const others: readonly Scenario[] = [
  {
    name: 'an off-ramp pays out',
    since: 4,
    unborn: offramp() as Unborn,
    said: [...committed, payout('submitted'), payout('settled'), ...collected],
  },
  {
    name: 'an off-ramp whose payout is refused gives the deposit back',
    since: 4,
    unborn: offramp() as Unborn,
    said: [
      ...committed,
      bank('payoutFiat', 'rejected', 'R03'),
      deposit(included('escrowRefunded', 'f1')),
      final('depositRefund', 'f1'),
    ],
  },
  { name: 'an off-ramp waits in vain', since: 4, unborn: offramp() as Unborn, said: [covered, deadline('deposit')] },
  {
    name: 'a remittance pays out',
    since: 4,
    unborn: remittance() as Unborn,
    said: [
      ...[...releasing, included('escrowCommitted', '15'), final('commit', '15'), payout('settled')],
      ...[included('escrowReleased', '20'), final('release', '20')],
    ],
  },
  {
    name: 'a remittance whose payout is refused pays back',
    since: 4,
    unborn: remittance() as Unborn,
    said: [
      ...[...releasing, included('escrowCommitted', '15'), final('commit', '15'), payout('rejected', 'AC04')],
      ...[...refunded, credit('settled')],
    ],
  },
  {
    name: 'a crosschain transfer arrives',
    since: 5,
    unborn: crosschain() as Unborn,
    said: [
      ...[
        ...committed,
        included('escrowLocked', '10'),
        final('lock', '10'),
        included('escrowReleased', '20'),
        final('release', '20'),
      ],
      ...collected,
    ],
  },
  {
    name: 'an on-ramp in a person’s hands is resolved',
    since: 6,
    unborn: onramp() as Unborn,
    said: [
      ...[...released, debit('returned', 'R10')],
      {
        ...{ type: 'resolveCommand', version: 11, outcome: 'completed', evidence: 'a wire', document: null },
        closing: [{ account: 'receivable:USD', into: 'bank_cash:bank:sim:USD', currency: 'USD', minor: '10025' }],
      },
    ],
  },
  {
    name: 'an on-ramp whose release is refused is given up',
    since: 6,
    unborn: onramp() as Unborn,
    said: [
      ...[...releasing, refusal('releaseEscrow'), { type: 'compensateCommand', reason: 'on the list' } as const],
      ...[...refunded, credit('settled')],
    ],
  },
  {
    name: 'an on-ramp whose debit comes back while its credit is on its way rests, and is credited all the same',
    since: 7,
    unborn: onramp() as Unborn,
    said: [
      ...[...releasing, refusal('releaseEscrow'), { type: 'compensateCommand', reason: 'on the list' } as const],
      ...[...refunded, debit('returned', 'R10'), withdrawn('creditFiat'), credit('settled')],
    ],
  },
  {
    name: 'an on-ramp whose debit comes back and stays after all is credited',
    since: 7,
    unborn: onramp() as Unborn,
    said: [
      ...[...releasing, refusal('releaseEscrow'), { type: 'compensateCommand', reason: 'on the list' } as const],
      ...[...refunded, debit('returned', 'R10'), debit('returnReversed'), credit('settled')],
    ],
  },
  {
    name: 'a remittance whose debit comes back before it is paid out turns back',
    since: 7,
    unborn: remittance() as Unborn,
    said: [
      ...[...releasing, included('escrowCommitted', '15'), final('commit', '15'), debit('returned', 'R10')],
      ...[withdrawn('payoutFiat'), ...refunded],
    ],
  },
  {
    name: 'an off-ramp whose payout comes back and stays after all has arrived',
    since: 8,
    unborn: offramp() as Unborn,
    said: [...[...committed, payout('settled'), ...collected], payout('returned', 'R03'), payout('returnReversed')],
  },
  {
    name: 'an off-ramp whose payout stays after all, though its deposit is back, is a person’s',
    since: 8,
    unborn: offramp() as Unborn,
    said: [
      ...[...committed, payout('returned', 'R03'), deposit(included('escrowRefunded', 'f1')), final('depositRefund', 'f1')],
      payout('returnReversed'),
    ],
  },
  {
    name: 'a remittance whose payout stays after all while it pays back is a person’s',
    since: 8,
    unborn: remittance() as Unborn,
    said: [
      ...[...releasing, included('escrowCommitted', '15'), final('commit', '15'), payout('returned', 'AC04')],
      ...[...refunded, payout('returnReversed'), withdrawn('creditFiat')],
    ],
  },
  {
    name: 'a remittance of whose payout only the reversal of its return is told arrives',
    since: 8,
    unborn: remittance() as Unborn,
    said: [
      ...[...releasing, included('escrowCommitted', '15'), final('commit', '15'), payout('returnReversed')],
      ...[included('escrowReleased', '20'), final('release', '20')],
    ],
  },
  {
    name: 'an on-ramp whose credit comes back and stays after all has paid back',
    since: 8,
    unborn: onramp() as Unborn,
    said: [...locked, cancel, ...refunded, credit('settled'), credit('returned', 'R03'), credit('returnReversed')],
  },
  {
    name: 'a rebalance arrives',
    since: 7,
    unborn: rebalance() as Unborn,
    said: [covered, payout('submitted'), payout('settled'), payout('arrived')],
  },
  {
    name: 'a rebalance is refused by the bank that was to send it',
    since: 7,
    unborn: rebalance() as Unborn,
    said: [covered, payout('rejected', 'AC04')],
  },
  {
    name: 'a rebalance comes back, as both banks tell',
    since: 7,
    unborn: rebalance() as Unborn,
    said: [covered, payout('arrived'), payout('settled'), payout('returned', 'AC04'), payout('arrivalReversed')],
  },
  {
    name: 'a rebalance that never arrives is taken in hand, and then does',
    since: 7,
    unborn: rebalance() as Unborn,
    said: [covered, payout('settled'), { type: 'compensateCommand', reason: 'nobody has it' }, payout('arrived')],
  },
]

/** The scenarios that a definition knows. What was made before there was funding says nothing of it. */
export const scenariosOf = (definition: number): Scenario[] =>
  [...onramps.map(scenario => ({ ...scenario, name: `an on-ramp ${scenario.name}`, unborn: onramp() as Unborn })), ...others]
    .filter(({ since }) => since <= definition)
    .map(scenario => ({ ...scenario, unborn: { ...scenario.unborn, definition } }))

export const startMs = settledAtMs
