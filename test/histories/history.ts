import type { TransferEvent } from '../../bridge-service/src/transfer/event.ts'
import type { Input, OperatorInput } from '../../bridge-service/src/transfer/input.ts'
import type { Transfer, Unborn } from '../../bridge-service/src/transfer/transfer.ts'

/** Where a transfer stood, as its row keeps it. */
export type Stand = Pick<Transfer, 'state' | 'version' | 'progress'>

/** One life of a transfer as a machine of its time decided it: what it was told when, what happened, and where it then stood. */
export type History = {
  readonly name: string
  readonly unborn: Unborn
  readonly first: Stand
  readonly steps: readonly {
    readonly input: Input | OperatorInput
    readonly nowMs: number
    readonly events: readonly TransferEvent[]
    readonly after: Stand
  }[]
}

/** One history to a line. */
export const encode = (histories: readonly History[]): string => `[\n${histories.map(line).join(',\n')}\n]\n`

const line = (history: History): string =>
  JSON.stringify(history, (_, value: unknown) => (typeof value === 'bigint' ? { bigint: String(value) } : value))

export const decode = (text: string): History[] =>
  JSON.parse(text, (_, value: unknown) =>
    value instanceof Object && 'bigint' in value ? BigInt((value as { bigint: string }).bigint) : value,
  ) as History[]
