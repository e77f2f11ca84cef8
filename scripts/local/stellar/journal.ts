import type { Upgrade } from './upgrade.ts'

/** One step of a network. Steps are all there is to keep: going through them again ends in the same ledgers, byte for byte. */
export type JournalRecord =
  | { readonly type: 'submit'; readonly envelope: string }
  | { readonly type: 'close'; readonly closeTime: number; readonly order?: readonly string[] }
  | { readonly type: 'drop'; readonly hash: string }
  | { readonly type: 'upgrade'; readonly changes: Upgrade }
