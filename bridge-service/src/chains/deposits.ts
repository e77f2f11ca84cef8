import type { Outcome, Refused } from '../outcome.ts'
import type { ChainTx, HoldTerms } from './chain.ts'

/** A call that a wallet sends. */
export type WalletCall = { readonly to: string; readonly data: string }

/** EIP-712, as wallets take it; integers are decimal strings. */
export type TypedData = {
  readonly domain: Readonly<Record<string, string | number>>
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>
  readonly primaryType: string
  readonly message: Readonly<Record<string, string>>
}

/** All that a wallet needs to lock by itself, or to sign a lock that we send. Plain JSON. */
export type EvmInstructions = {
  readonly kind: 'evm'
  readonly escrowId: string
  readonly escrow: string
  readonly token: string
  /** The contract's struct; integers are decimal strings. */
  readonly terms: Readonly<Record<string, string | number>>
  readonly approve: WalletCall
  readonly lock: WalletCall
  /** ERC-3009, for a lock that costs the customer no gas; null: the token knows none. */
  readonly authorization: TypedData | null
  /** ERC-2612, in place of `approve`: for `lockWithPermit`, which the customer sends himself; null: the token knows none. */
  readonly permit: TypedData | null
}

/** A plain transfer, from any account: what an exchange or the simplest wallet can do. */
export type EvmTransferInstructions = {
  readonly kind: 'evm_transfer'
  /** Of the escrow that is locked from the address. */
  readonly escrowId: string
  readonly token: string
  /** The deposit address, of this transfer and of no other. */
  readonly to: string
  /** Minor units of the token as a decimal string. */
  readonly units: string
  /** The same for a wallet that takes calls, */
  readonly call: WalletCall
  /** and for one that reads codes (ERC-681). */
  readonly uri: string
}

export type StellarInstructions = {
  readonly kind: 'stellar'
  readonly escrowId: string
  /** A transaction of the customer's, signed by the sponsor of its reserves: for him to sign and to send. */
  readonly balance: {
    /** base64 TransactionEnvelope. */
    readonly envelope: string
    readonly networkPassphrase: string
    readonly hash: string
    readonly balanceId: string
    /** Unix seconds, inclusive: from then on the ledger refuses it, and another one is to be asked for. */
    readonly maxTime: number
  }
  /** The other way: a payment from the customer's own account, which is ours as soon as it is made. */
  readonly payment: {
    readonly destination: string
    /** `CODE:ISSUER`. */
    readonly asset: string
    /** A decimal string of seven decimals. */
    readonly amount: string
    /** 64 hex digits, for a memo of type hash. */
    readonly memoHash: string
  }
}

export type DepositInstructions = EvmInstructions | EvmTransferInstructions | StellarInstructions

/** A customer's ERC-3009 `ReceiveWithAuthorization` of his deposit; its nonce is the escrow's id. Times in Unix seconds. */
export type SignedLock = {
  readonly validAfter: number
  readonly validBefore: number
  /** 65 bytes: r, s, v. */
  readonly signature: `0x${string}`
}

/** Money that came and that no transfer takes, as far as a chain must know it to give it back. Plain JSON. */
export type StrayMoney = {
  /** The fact that told of it: `<tx hash>:<ordinal>`. */
  readonly fact: string
  /** Of an escrow, or of a balance whose terms give it an id. */
  readonly escrowId: string | null
  /** The contract, `CODE:ISSUER`, or `native` (the chain's own coin). */
  readonly token: string
  /** As the chain counts, as a decimal string. */
  readonly units: string
  /** Who brought it, and to whom it goes back. */
  readonly payer: string
  /** Stellar: of a balance; null: a payment. */
  readonly balanceId: string | null
  /** Unix seconds from which its payer can have it back without us, where its terms say so. */
  readonly refundAfter: number | null
  /** Of what lies at a deposit address: the terms that the address follows from. */
  readonly address: HoldTerms | null
}

/**
 * How stray money comes back: `byUs`: our keys can send it; `byItself`: its payer, or anyone, can take it back from a time on (Unix seconds);
 * `over`: it is not there any more; `none`: a person must look.
 */
export type WayBack =
  | { readonly kind: 'byUs' }
  | { readonly kind: 'byItself'; readonly from: number | null }
  | { readonly kind: 'over' }
  | { readonly kind: 'none'; readonly detail: string }

/** What there is at a deposit address, by the newest block. */
export type Holding = {
  /** Whether the escrow was ever locked from it, and whether it was refunded since. */
  readonly escrow: 'none' | 'locked' | 'refunded'
  /** Of every token of ours and of the chain's own coin, as `StrayMoney` counts and names them. */
  readonly balances: readonly { readonly token: string; readonly units: bigint }[]
}

/**
 * Addresses to which deposits are brought by a plain transfer, one for each. `terms` are always those under which the customer would lock by himself:
 * the address follows from them, and what does not stay in its escrow comes back to their `payer`.
 */
export type DepositAddresses = {
  readonly addressOf: (terms: HoldTerms) => string
  /** Throws `chain_unavailable`, and `config_invalid` when the contract gives these terms another address. */
  readonly prepare: (terms: HoldTerms) => Promise<EvmTransferInstructions>
  /** In the order of the deposits. Throws `chain_unavailable`. */
  readonly look: (deposits: readonly HoldTerms[]) => Promise<readonly Holding[]>
  /** Locks what was brought, as `Chain.submit` sends an order; `Chain.find` knows it by its key. */
  readonly lock: (key: string, terms: HoldTerms) => Promise<Outcome<ChainTx>>
}

/** What a chain can do about money that customers bring by themselves. */
export type ChainDeposits = {
  /** Every id under which the chain tells of this deposit: of the escrow, and of a payment where the chain takes those. */
  readonly ids: (terms: HoldTerms) => readonly string[]
  /** `dueAt`: Unix seconds by which the deposit must have come. Throws `chain_unavailable`, and what is wrong with the terms. */
  readonly prepare: (terms: HoldTerms, dueAt: number) => Promise<DepositInstructions>
  /** What is wrong with a signature that was given for a deposit; undefined: nothing. Absent where no lock is signed for us to send. */
  readonly checkSigned?: (terms: HoldTerms, signed: SignedLock, nowSec: number) => Promise<Refused | undefined>
  /** Sends a lock that the customer has signed, as `Chain.submit` sends an order; `Chain.find` knows it by its key. */
  readonly lockSigned?: (key: string, terms: HoldTerms, signed: SignedLock) => Promise<Outcome<ChainTx>>
  /** Absent where there are none. */
  readonly addresses?: DepositAddresses
  readonly wayBack: (money: StrayMoney) => Promise<WayBack>
  /** Sends it back, whole, once; likewise. Absent where our keys can never do that. */
  readonly giveBack?: (key: string, money: StrayMoney) => Promise<Outcome<ChainTx>>
}
