import type { Plant } from '../worker.ts'
import { plantedAtTheBank } from './at-the-bank.ts'
import { plantedAtTheDesk } from './at-the-desk.ts'
import { plantedInTheStore } from './in-the-store.ts'
import { plantedInTime } from './in-time.ts'
import { plantedOnTheChain } from './on-the-chain.ts'

/** A bug, made from outside: between the engine and one of its ports, so that the engine itself is the real one. */
export type Planted = { readonly name: string; readonly plant: Plant }

export const planted: readonly Planted[] = [
  ...plantedAtTheBank,
  ...plantedAtTheDesk,
  ...plantedOnTheChain,
  ...plantedInTheStore,
  ...plantedInTime,
]
