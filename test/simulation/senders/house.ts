import type { PlantEvm } from './evm/line.ts'
import type { PlantStellar } from './stellar/line.ts'

/** What a sender has of the house. */
export type House = {
  readonly note: (line: string) => void
  readonly leaseMs: number
  readonly transferOf: (ref: string) => string | undefined
  /** The transfer of an intent. */
  readonly transferOfKey: (key: string) => string | undefined
  readonly plantEvm?: PlantEvm
  readonly plantStellar?: PlantStellar
}
