/**
 * The instants at which a crash leaves something half done, in the order in which one transaction meets them. `simulated`, `observed` and
 * `replacementSigned` come before their write, all others after it.
 */
export type CheckpointName =
  | 'simulated'
  | 'allocated'
  | 'stored'
  | 'broadcast'
  | 'completed'
  | 'observed'
  | 'recorded'
  | 'replacementSigned'
  | 'replacementStored'

export type Checkpoint = (name: CheckpointName) => Promise<void> | void
