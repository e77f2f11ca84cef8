/**
 * The instants at which a crash leaves something half done, in the order in which one transaction meets them. `leased`, `signed`, `observed`
 * and `bumpSigned` come before the write that they are about, all others after it.
 */
export type CheckpointName = 'leased' | 'signed' | 'stored' | 'sent' | 'observed' | 'recorded' | 'bumpSigned' | 'bumpStored'

export type Checkpoint = (name: CheckpointName) => Promise<void> | void
