import type { Chain, ChainOrder } from '../../../bridge-service/src/chains/chain.ts'
import { BridgeError } from '../../../bridge-service/src/errors.ts'
import type { Random } from '../../../scripts/fuzz/reorg/random.ts'
import type { FaultName } from '../catalogue.ts'
import type { Faults } from '../faults.ts'
import type { Process } from '../process.ts'

/**
 * How a process submits through a real sender: now and then another worker submits the same, at once or, by the fault `again`, long after. Keys
 * that come with two orders are put into `conflicts`.
 */
export const submitting = (
  sender: Chain,
  twinOf: () => Chain,
  { timing }: Process,
  random: Random,
  faults: Faults,
  conflicts: string[],
  again: FaultName,
): ((order: ChainOrder, about: string) => ReturnType<Chain['submit']>) => {
  // Most processes die before their twin is ever asked for.
  let twin: Chain | undefined
  const submitTwice = (order: ChainOrder) => {
    twin ??= twinOf()
    twin.submit(order).catch(() => {})
  }
  return (order, about) => {
    if (faults.strikes('chain: two workers submit one order at once', about)) submitTwice(order)
    if (faults.strikes(again, about)) timing.after(random.between(1, 180) * 1_000, () => submitTwice(order))
    return sender.submit(order).catch((error: unknown) => {
      if (error instanceof BridgeError && error.code === 'idempotency_conflict') conflicts.push(order.key)
      throw error
    })
  }
}
