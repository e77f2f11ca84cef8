import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import { catalogue, type FaultName } from './catalogue.ts'

/** What a fault has done in one world: how often it struck, and which transfers it may have hurt. */
export type Struck = { fired: number; readonly transfers: Set<string> }

export type Faults = {
  /** Whether the fault strikes now. `about` is the transfer that it hits; without one, all that are open. */
  readonly strikes: (name: FaultName, about?: string) => boolean
  /** From here on nothing goes wrong any more. */
  readonly calm: () => void
  readonly struck: ReadonlyMap<FaultName, Struck>
}

/** A random subset of the catalogue, each at a random rate, with all that is `wanted`. `open` names the transfers that are under way. */
export const drawFaults = (
  random: Random,
  fits: (name: FaultName) => boolean,
  open: () => Iterable<string>,
  note: (line: string) => void,
  wanted: readonly FaultName[] = [],
): Faults => {
  const share = random.pick([0.05, 0.15, 0.3])
  const fitting = catalogue.filter(({ name }) => fits(name))
  const drawn = fitting.filter(({ name }) => random.chance(share) || wanted.includes(name))
  const together = new Set(drawn.flatMap(({ name, with: others }) => [name, ...others]))
  const rates = new Map<FaultName, number>()
  for (const { name, rate } of fitting) if (together.has(name)) rates.set(name, rate * random.pick([0.3, 1, 3]))
  const struck = new Map<FaultName, Struck>()
  let calm = false
  return {
    struck,
    calm: () => {
      calm = true
    },
    strikes: (name, about) => {
      const rate = rates.get(name)
      if (rate === undefined || calm || !random.chance(rate)) return false
      note(`fault ${name}${about === undefined ? '' : ` ${about}`}`)
      let entry = struck.get(name)
      if (entry === undefined) {
        entry = { fired: 0, transfers: new Set() }
        struck.set(name, entry)
      }
      entry.fired++
      for (const transfer of about === undefined ? open() : [about]) entry.transfers.add(transfer)
      return true
    },
  }
}
