import type { Lanes, Lease, Wanted } from '../../../../bridge-service/src/chains/evm/lanes.ts'
import { BridgeError } from '../../../../bridge-service/src/errors.ts'
import type { Around } from '../../memory/connection.ts'
import { checkViolation, uniqueViolation } from '../../memory/database-error.ts'
import { type EvmTables, type LaneRow, laneOf } from './tables.ts'

export type Keeping = {
  readonly tables: EvmTables
  readonly chain: string
  /** Database time. */
  readonly nowMs: () => number
  readonly around: Around
  /** The transfers that keys belong to, as far as anyone can tell. */
  readonly transfersOf: (keys: readonly string[]) => readonly string[]
}

/**
 * `nonceLanes` without a database. Each call is one transaction there that begins with the lane's lock, or one statement: here it happens at
 * once.
 */
export const memoryLanes = ({ tables, chain, nowMs, around, transfersOf }: Keeping, owner: string): Lanes => {
  const { nonce_lanes, evm_txs, evm_refusals } = tables

  const opened = (sender: Wanted['sender'], nextNonce: number): LaneRow =>
    nonce_lanes.get(laneOf(chain, sender)) ?? { chain, sender, nextNonce, owner: undefined, epoch: 0, untilMs: 0 }

  return {
    allocate: (sender, chainCount, calls) =>
      around({ name: 'evmAllocate', transfers: transfersOf(calls.map(({ key }) => key)) }, async () => {
        const lane = opened(sender, chainCount)
        const start = Math.max(lane.nextNonce, chainCount)
        const fresh = calls.filter(({ key }) => !evm_txs.has(key) && !evm_refusals.has(key))
        const twice = fresh.find(({ key }, index) => fresh.findIndex(other => other.key === key) !== index)
        if (twice !== undefined) throw uniqueViolation('evm_txs', twice.key)
        if (fresh.some(({ gasLimit }) => gasLimit <= 0n)) throw checkViolation('a gas limit of nothing')
        for (const [index, { key, action, to, data, gasLimit }] of fresh.entries()) {
          const tx = { key, action, sender, nonce: start + index, to, data, gasLimit }
          evm_txs.set(key, { chain, tx: { ...tx, status: 'allocated', final: false, versions: [] } })
        }
        nonce_lanes.set(laneOf(chain, sender), { ...lane, nextNonce: start + fresh.length })
        return lane.nextNonce > 0 && start > lane.nextNonce ? { raisedFrom: lane.nextNonce } : {}
      }),
    refuse: ({ key, sender, to, data }, { code, detail }) =>
      around({ name: 'evmRefuse', transfers: transfersOf([key]) }, async () => {
        nonce_lanes.set(laneOf(chain, sender), opened(sender, 0))
        if (!evm_txs.has(key) && !evm_refusals.has(key)) evm_refusals.set(key, { sender, to, data, code, detail })
      }).catch(cause => {
        throw new BridgeError('database_unavailable', {}, { cause })
      }),
    hold: (sender, leaseMs) =>
      around({ name: 'evmHold', transfers: [] }, async () => {
        const lane = nonce_lanes.get(laneOf(chain, sender))
        if (lane === undefined) return undefined
        const isRunning = lane.untilMs > nowMs()
        if (isRunning && lane.owner !== owner) return undefined
        const epoch = isRunning ? lane.epoch : lane.epoch + 1
        nonce_lanes.set(laneOf(chain, sender), { ...lane, owner, epoch, untilMs: nowMs() + leaseMs })
        return { sender, owner, epoch }
      }),
  }
}

/** Whether the lane is still his who once got this lease. */
export const isHeld = ({ nonce_lanes }: EvmTables, chain: string, { sender, owner, epoch }: Lease): boolean => {
  const lane = nonce_lanes.get(laneOf(chain, sender))
  return lane?.owner === owner && lane.epoch === epoch
}
