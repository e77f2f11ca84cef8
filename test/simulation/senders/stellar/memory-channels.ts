import type { Channels, Lease } from '../../../../bridge-service/src/chains/stellar/channels.ts'
import type { TxStore } from '../../../../bridge-service/src/chains/stellar/tx-store.ts'
import { type ChannelRow, openOn, type StellarTables } from './tables.ts'

/** What happens around a call; `keys` are the intents that it is about. */
export type AroundStellar = <T>(
  call: keyof TxStore | keyof Channels,
  keys: readonly string[],
  effect: () => Promise<T>,
) => Promise<T>

export type Keeping = {
  readonly tables: StellarTables
  /** Database time. */
  readonly nowMs: () => number
  readonly around: AroundStellar
}

/** `channelLeases` without a database. Each call is one statement there: here it happens at once. */
export const memoryChannels = ({ tables, nowMs, around }: Keeping, owner: string, accounts: readonly string[]): Channels => {
  const { channels } = tables
  const isFree = ({ untilMs }: ChannelRow) => untilMs === undefined || untilMs <= nowMs()
  const lend = (row: ChannelRow, epoch: number, leaseMs: number): Lease => {
    channels.set(row.account, { ...row, owner, epoch, untilMs: nowMs() + leaseMs })
    return { channel: row.account, owner, epoch }
  }

  return {
    take: leaseMs =>
      around('take', [], async () => {
        for (const account of [...accounts].sort())
          if (!channels.has(account))
            channels.set(account, { account, sequence: undefined, owner: undefined, epoch: 0, untilMs: undefined })
        const restedFrom = ({ untilMs }: ChannelRow) => untilMs ?? Number.NEGATIVE_INFINITY
        const [idle] = [...channels.values()]
          .filter(row => accounts.includes(row.account) && isFree(row) && openOn(tables, row.account) === undefined)
          .sort((a, b) => Math.sign(restedFrom(a) - restedFrom(b)) || 0)
        return idle && { ...lend(idle, idle.epoch + 1, leaseMs), sequence: idle.sequence }
      }),
    holdBusy: leaseMs =>
      around('holdBusy', [], async () =>
        [...channels.values()]
          .filter(row => (row.owner === owner || isFree(row)) && openOn(tables, row.account) !== undefined)
          .map(row => lend(row, row.owner === owner && !isFree(row) ? row.epoch : row.epoch + 1, leaseMs)),
      ),
    release: leases =>
      around('release', [], async () => {
        for (const { channel, epoch } of leases) {
          const row = channels.get(channel)
          if (row?.owner === owner && row.epoch === epoch && !isFree(row)) channels.set(channel, { ...row, untilMs: nowMs() })
        }
      }),
  }
}

/** Whether the channel is still his who once got this lease. */
export const isHeld = ({ channels }: StellarTables, { channel, owner, epoch }: Lease): boolean => {
  const row = channels.get(channel)
  return row?.owner === owner && row.epoch === epoch
}
