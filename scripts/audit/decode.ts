import { type Address, type ContractEventName, decodeEventLog, type GetEventArgs, type Hex } from 'viem'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import type { Place } from './discrepancy.ts'
import type { RawLog } from './read-logs.ts'

type Abi = typeof escrowAbi
export type EscrowEvent = {
  [Name in ContractEventName<Abi>]: {
    readonly name: Name
    readonly args: GetEventArgs<Abi, Name, { EnableUnion: false; IndexedOnly: false; Required: true }>
  }
}[ContractEventName<Abi>]

export type AuditLog = {
  readonly event: EscrowEvent | undefined
  readonly place: Place
  readonly blockHash: Hex
  readonly address: Address
}

/** `event` is undefined for what the ABI does not know, or cannot read. */
export const decodeLog = ({ address, topics, data, blockNumber, blockHash, txHash, logIndex }: RawLog): AuditLog => ({
  event: decoded(topics, data),
  place: { block: blockNumber, txHash, logIndex },
  blockHash,
  address,
})

const decoded = (topics: readonly Hex[], data: Hex): EscrowEvent | undefined => {
  try {
    const { eventName, args } = decodeEventLog({ abi: escrowAbi, topics: topics as [Hex, ...Hex[]], data, strict: true })
    return { name: eventName, args } as EscrowEvent
  } catch {
    return undefined
  }
}
