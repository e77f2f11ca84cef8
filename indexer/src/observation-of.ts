import type { EscrowEvent, Observation } from './observation.ts'

type Told = Pick<Observation, 'owner' | 'refundAfter' | 'balance' | 'balanceId' | 'madeBy' | 'memoType' | 'feeBumpHash'>

// What the payload holds of these is what an observation says; the decoders have seen to their types.
const told = [
  ...(['owner', 'refundAfter', 'balance', 'balanceId'] as const),
  ...(['madeBy', 'memoType', 'feeBumpHash'] as const),
] as const satisfies readonly (keyof Told)[]

/** An event of the canonical chain as the saga reads it. What an event lacks is absent. */
export const observationOf = (event: EscrowEvent): Observation => {
  const { escrowId, ref, token, payer, payee, amount, payload, txHash, blockNumber, blockHash, logIndex } = event
  const more = Object.fromEntries(told.filter(name => payload[name] !== undefined).map(name => [name, payload[name]])) as Told
  return {
    status: 'included',
    ...(escrowId === undefined ? {} : { escrowId }),
    ref,
    token,
    ...(payer === undefined ? {} : { payer }),
    ...(payee === undefined ? {} : { payee }),
    ...(amount === undefined ? {} : { amount: amount.toString() }),
    ...more,
    sequence: String(payload.sequence ?? '0'),
    txHash,
    blockNumber: blockNumber.toString(),
    blockHash,
    logIndex,
  }
}
