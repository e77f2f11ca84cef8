import type { Currency } from '../money/currency.ts'
import type { Outcome } from '../outcome.ts'
import type { ChainDeposits } from './deposits.ts'

/** CAIP-2 style: `evm:31337`, `stellar:testnet`. */
export type ChainId = `${string}:${string}`

/** What the escrow holds and who may get it (DESIGN §6). Plain JSON; every value is fixed before the lock is signed. */
export type HoldTerms = {
  /** keccak256(transfer id, salt), 0x and 64 hex digits; indexed in every event, or the memo of every transaction. */
  readonly ref: `0x${string}`
  readonly currency: Currency
  /** Minor units of `currency` as a decimal string. */
  readonly amountMinor: string
  readonly payer: string
  readonly payee: string
  /** Unix seconds. From here on anyone may refund a locked escrow. */
  readonly refundAfter: number
  /** Unix seconds. From here on anyone may take a committed escrow's exit. */
  readonly hardDeadline: number
  readonly onExpiry: 'refund' | 'release'
}

/** One wish to cause one effect on a chain. */
export type ChainOrder = {
  /** The intent's key: one key, one effect. */
  readonly key: string
  /** `commit` is the point of no return on the chain: it suspends the soft deadline. */
  readonly action: 'lock' | 'commit' | 'release' | 'refund'
  readonly terms: HoldTerms
  /** Of the customer's own escrow, which he has locked himself. */
  readonly deposit?: true
  /** Of a deposit: the fact that told of its making, since on some chains two of the same terms look alike. */
  readonly depositFact?: string
}

/** A chain transaction that is signed, stored and on its way (or further). */
export type ChainTx = {
  readonly hash: `0x${string}`
  /** What keeps its sender from sending it twice, as a decimal string: the nonce, or the sequence number of the channel. */
  readonly nonce: string
  readonly sender: string
}

export type MintRights = {
  /** The token can mint into escrows at all, and knows ours as one. */
  readonly locksInEscrow: boolean
  /** The most that one lock may mint, in minor units; zero for a key that is no minter. */
  readonly perTransactionMinor: string
}

/**
 * Port to a chain. The outcome of an order comes from the chain, never from the answer to a broadcast.
 */
export type Chain = {
  readonly id: ChainId
  /** The address that locks and gets refunds. */
  readonly treasury: string
  /** The contract that holds the escrows, or the account that can claim them. */
  readonly escrow: string
  /** The id that the escrow of these terms has on chain; known before anything is sent. */
  readonly escrowId: (terms: HoldTerms) => `0x${string}`
  /** Throws `address_invalid` or `address_checksum_invalid`; returns the canonical form. */
  readonly parseAddress: (text: string) => string
  readonly supports: (currency: Currency) => boolean
  /**
   * Signs, stores and broadcasts; the same order again gives the stored transaction again and never a second one.
   * `refused`: the chain would revert it (simulated), nothing was signed, and nothing ever will be under this key. `unknown`: it was stored, or may have been.
   * Throws `chain_unavailable` when nothing was stored and the order may simply be tried again.
   */
  readonly submit: (order: ChainOrder) => Promise<Outcome<ChainTx>>
  /**
   * The truth from the chain: `done` when a transaction of this order is included and succeeded, `refused` when one was included,
   * reverted and is final, when the order was refused unsigned, or code `not_found` when neither was ever stored, `unknown` while it is still open.
   */
  readonly find: (key: string) => Promise<Outcome<ChainTx>>
  /**
   * One turn of housekeeping over the open transactions of the lanes that this process holds: completes what a crash left unsigned, sends
   * stored bytes again, replaces what is stuck at the same nonce with a higher fee. To be called again and again.
   */
  readonly tend: () => Promise<void>
  /** The contract of a currency on this chain, or its `CODE:ISSUER`. Throws `asset_unknown`. */
  readonly tokenAddress: (currency: Currency) => string
  /** What makes an escrow ours to act on: a commit in the contract, or that only our own keys can claim the balance. */
  readonly committedBy: 'escrow' | 'balance'
  /** The payer of what is minted for a lock, to whom it goes back to be burned. Throws `asset_unknown`. */
  readonly mintPayer: (currency: Currency) => string
  /** How many of the units that the chain counts in, and its events with it, make one minor unit of a currency. */
  readonly unitsPerMinor: (currency: Currency) => bigint
  /** What our keys may mint of a currency, by the chain's own word. Throws `chain_unavailable`. */
  readonly mintRights: (currency: Currency) => Promise<MintRights>
  /** All there is of a currency on this chain, in minor units, as a decimal string. */
  readonly supplyOf: (currency: Currency) => Promise<string>
  /** What it can do about money that customers bring by themselves; absent where none of the routes that begin on a chain leads from it. */
  readonly deposits?: ChainDeposits
  /** Treasury balance of a currency in minor units, as a decimal string, at the newest block. */
  readonly balanceOf: (currency: Currency, address: string) => Promise<string>
}
