import type { Action, EscrowTerms } from './escrow-terms.ts'
import type { FinalityPolicy } from './settings.ts'

// What the oracle gets to see: the books of the world, and the store's dump. Plain JSON, so that no object of the product travels with it.

export type BankOrderEvidence = {
  readonly id: string
  readonly key: string
  readonly externalId: string
  readonly description: string
  readonly direction: 'debit' | 'credit'
  readonly amountMinor: string
  readonly account: string
  readonly customer: string
  readonly status: string
  /** Why it was refused, or came back; kept when it is settled after all. */
  readonly code?: string
  readonly settledAtMs?: number
}

/** How an escrow of a transfer stood on its chain. */
export type EscrowMoment = {
  readonly role: 'deposit' | 'hold'
  readonly chain: string
  readonly status: string
  readonly lockHeight?: number
  /** Of what happened to it last, after its lock. */
  readonly endHeight?: number
  /** Nothing is locked yet, but it is signed, and may still be mined. */
  readonly lockMayCome: boolean
  readonly height: number
  readonly safeHeight: number
  readonly finalHeight: number
}

/** How a transfer's escrows stood when a bank or a chain was asked for something under a new key. */
export type MomentEvidence = {
  readonly key: string
  readonly atMs: number
  readonly transfer: string
  /** The bank's account, of ours or of our partner's; or the chain. */
  readonly place: string
  /** The bank, or the chain. */
  readonly target: string
  /** `payBack`: a refund beside the transfer. */
  readonly wish: 'debit' | 'credit' | 'payBack' | 'lock' | 'commit' | 'release' | 'refund'
  /** Of what a chain is asked. */
  readonly role?: EscrowMoment['role']
  readonly escrows: readonly EscrowMoment[]
}

/** One chain's own books. */
export type ChainEvidence = {
  readonly id: string
  readonly flavour: 'evm' | 'stellar'
  readonly finality: FinalityPolicy
  readonly treasuryStartMinor: string
  readonly treasuryMinor: string
  readonly mintedMinor: string
  /** All signed bytes that some node was given, by what they say. */
  readonly sent: readonly {
    readonly sender: string
    readonly nonce: number
    readonly call: string
    /** Stellar: from when on some node had them, and when no ledger could take them any more. */
    readonly alive?: { readonly fromMs: number; readonly untilMs: number }
  }[]
  /** Orders that came under a key that another order has. */
  readonly conflicts: readonly string[]
  /** What was wrong with signed bytes that no order can have made. */
  readonly unasked: readonly string[]
  readonly escrows: readonly {
    readonly escrowId: string
    readonly status: string
    readonly delivery: string
    readonly terms: EscrowTerms
  }[]
  /** What a reorg took away although it was final. `isBack`: the branch with which the chain went on has it, too. */
  readonly undone: readonly {
    readonly fact: string
    readonly ref: string
    readonly amountMinor: string
    readonly atMs: number
    readonly isBack: boolean
  }[]
  /** While its indexer called nothing final; null: until the end. */
  readonly halts: readonly {
    readonly reason: string
    readonly fromMs: number
    readonly untilMs: number | null
    /** The action of operators that has ended it. */
    readonly by: string | null
  }[]
  /** What the indexer holds for true, in the end, and what it has told of. */
  readonly indexed: readonly string[]
  readonly told: readonly string[]
  /** What stands on the chain. */
  readonly facts: readonly string[]
  /** What customers brought to a ledger that knows no contract. */
  readonly brought: readonly {
    readonly fact: string
    readonly way: 'balance' | 'payment'
    readonly status: 'waiting' | 'claimed' | 'returned' | 'takenBack' | 'clawedBack'
    readonly terms: EscrowTerms
  }[]
  /** Deposit addresses to which something was sent: the terms that each follows from, and units by currency, or the chain's own coin. */
  readonly addresses: readonly {
    readonly address: string
    readonly terms: EscrowTerms
    readonly tokens: readonly { readonly token: string; readonly lies: string; readonly came: string; readonly back: string }[]
  }[]
  /** Whether the chain was ever reorganized. */
  readonly hadReorgs: boolean
  readonly done: readonly {
    readonly hash: string
    readonly escrowId: string
    readonly action: Action
    readonly brought?: string
  }[]
}

/** What one person has asked for, and what became of it. */
export type PaperEvidence = {
  readonly id: string
  readonly type: string
  readonly transfer: string | null
  readonly askedBy: string
  readonly approvedBy: string | null
  /** What he knew to be wrong with it. */
  readonly wrong: string | null
  readonly refusal: string | null
  readonly isDone: boolean
  readonly payload: {
    readonly version?: number
    readonly evidence?: string
    readonly closing?: readonly ClosingEvidence[]
    readonly account?: string
    readonly cursor?: string
    readonly into?: string | null
    readonly minor?: string
    readonly currency?: string
    readonly kind?: 'recovered' | 'writtenOff'
  }
}

export type ClosingEvidence = { readonly account: string; readonly into: string; readonly minor: string }

export type Evidence = {
  readonly seed: number
  readonly world: {
    readonly clearingMs: number
    /** So long a settled debit can come back where something is advanced against it; 0: nothing ever is. */
    readonly returnableMs: number
    /** What is advanced at most, in cents as a decimal string. */
    readonly exposureLimit: string
    readonly ownPayers: readonly string[]
    readonly treasury: string
    readonly partner: string
    readonly ownAccount: string
    readonly partnerAccount: string
    readonly ownAccounts: readonly { readonly account: string; readonly bank: string; readonly startMinor: string }[]
    /** Up to here one person may move money within the house. */
    readonly operatorLimitMinor: string
    /** While an operator let a bank or a chain stand still; null: until the end. */
    readonly pauses: readonly { readonly target: string; readonly fromMs: number; readonly untilMs: number | null }[]
    readonly endMs: number
    /** For so long the house may send an order again that the bank does not find. */
    readonly keyRetentionMs: number
    /** By how much a clock of the house may be wrong. */
    readonly skewMs: number
    /** For so long a worker froze at most. */
    readonly frozenMs: number
  }
  /** What persons of the house have said, and what was asked of it besides transfers. */
  readonly house: {
    readonly papers: readonly PaperEvidence[]
    readonly refunds: readonly {
      readonly id: string
      readonly transfer: string
      readonly kind: 'owed' | 'goodwill'
      /** Null: all that is left. */
      readonly minor: string | null
      /** `opened`, or the code of its refusal. */
      readonly answer: string | null
    }[]
    /** Our own money that was to go from one bank of ours to another. `paysTo`: how the other account is paid. */
    readonly rebalances: readonly {
      readonly id: string
      readonly from: string
      readonly to: string
      readonly minor: string
      readonly paysTo: string
    }[]
    /** What an operator paid at the bank himself. */
    readonly byHand: readonly {
      readonly transfer: string
      readonly externalId: string
      readonly minor: string
      readonly customer: string
    }[]
    /** What customers paid at the bank on what they owe; below zero: what was sent back of it. */
    readonly repayments: readonly { readonly transfer: string; readonly externalId: string; readonly minor: string }[]
  }
  readonly requests: readonly {
    readonly key: string
    readonly isDenied: boolean
    readonly isAnswered: boolean
    readonly conflicts: number
    /** How often too much was lent to his house already. */
    readonly refusals: number
    readonly told: readonly string[]
    readonly bodies: readonly {
      readonly reference: string
      readonly route: 'onramp' | 'offramp' | 'remittance' | 'crosschain'
      /** Where it begins, or ends, or is held meanwhile. */
      readonly chain: string
      /** Where it ends, if it begins on another one. */
      readonly into?: string
      readonly account: string
      readonly address: string
      readonly paidMinor: string
      readonly feeMinor: string
      readonly deliveredMinor: string
    }[]
  }[]
  readonly bank: {
    /** `wantedBy`: the version of its transfer when its sender last looked whether the house still wants it. */
    readonly asked: readonly { readonly key: string; readonly body: string; readonly atMs: number; readonly wantedBy: number }[]
    /** Keys of orders about which it says nothing, for ever. */
    readonly silentKeys: readonly string[]
    /** Keys of orders that it has refused at once. */
    readonly refusedKeys: readonly string[]
    readonly orders: readonly BankOrderEvidence[]
    readonly lines: readonly { readonly orderId: string; readonly amountMinor: string }[]
    /** Lines of an account of ours that an order at another bank of ours has made. */
    readonly arrivals: readonly { readonly orderId: string; readonly account: string; readonly amountMinor: string }[]
    /** Of our accounts and our partner's; those without an order are nobody's. */
    readonly statement: readonly {
      readonly account: string
      readonly cursor: string
      readonly externalId: string
      readonly amountMinor: string
      readonly orderId: string | null
    }[]
  }
  readonly chains: readonly ChainEvidence[]
  readonly moments: readonly MomentEvidence[]
  readonly tables: TablesEvidence
  readonly unrest: readonly string[]
}

export type TablesEvidence = {
  readonly transfers: readonly {
    readonly id: string
    readonly tenant: string
    readonly state: string
    readonly version: number
    readonly escrow_ref: string
    readonly parked_reason: string | null
    readonly progress: { readonly attention?: object }
    readonly terms: {
      readonly reference: string
      readonly sourceAmount: { readonly minor: string }
      readonly destinationAmount: { readonly minor: string }
      readonly fee: { readonly minor: string }
      readonly hold: { readonly payee: string }
    }
  }[]
  readonly transfer_events: readonly {
    readonly transfer_id: string
    readonly version: number
    readonly type: string
    readonly payload: {
      readonly type: string
      readonly why?: string
      readonly evidence?: string
      readonly closing?: readonly ClosingEvidence[]
    }
    readonly from_state: string
    readonly to_state: string
    readonly at: string
  }[]
  readonly outbox: readonly { readonly transfer_id: string; readonly version: number; readonly type: string }[]
  readonly audit_log: readonly {
    readonly transfer_id: string
    readonly version: number
    readonly cause: string
    readonly at: string
  }[]
  readonly intents: readonly {
    readonly key: string
    readonly transfer_id: string
    readonly step: string
    readonly attempt: number
    readonly status: string
    readonly lease_owner: string | null
    readonly created_at: string
  }[]
  readonly ledger_entries: readonly { readonly position: string; readonly transfer_id: string; readonly version: number }[]
  readonly ledger_postings: readonly {
    readonly entry: string
    readonly account_id: string
    readonly currency: string
    readonly layer: string
    readonly amount: string
  }[]
  readonly ledger_balances: readonly { readonly account_id: string; readonly posted: string; readonly pending: string }[]
  readonly deadlines: readonly { readonly transfer_id: string; readonly kind: string }[]
  readonly finality_waits: readonly { readonly transfer_id: string; readonly kind: string }[]
  readonly stray_deposits: readonly {
    readonly chain: string
    readonly fact: string
    readonly state: string
    readonly tx_hash: string | null
    readonly address_terms: object | null
    readonly booked: string
  }[]
  readonly bank_statement_lines: readonly {
    readonly account: string
    readonly cursor: string
    readonly external_id: string
    readonly amount: string
    readonly intent_key: string | null
    readonly verdict: string
    readonly explained_by: string | null
  }[]
  readonly refunds: readonly {
    readonly id: string
    readonly refund_of: string
    readonly kind: 'owed' | 'goodwill'
    readonly minor: string
    readonly currency: string
    readonly rail: string
    readonly state: string
    readonly request: { readonly key: string; readonly externalId: string }
    readonly created_at: string
  }[]
  readonly receivables: readonly {
    readonly transfer_id: string
    readonly currency: string
    readonly owed: string
    readonly recovered: string
    readonly written_off: string
    readonly state: string
  }[]
  readonly operator_actions: readonly {
    readonly id: string
    readonly type: string
    readonly scope: string | null
    readonly payload: { readonly branch?: string; readonly haltedReason?: string }
    readonly requested_person: string
    readonly decision: string | null
    readonly decided_person: string | null
    readonly decided_at: string | null
    readonly obeyed_at: string | null
  }[]
  readonly advances: readonly {
    readonly transfer_id: string
    readonly amount: string
    readonly returnable_until: string | null
  }[]
  readonly liquidity_pools: readonly { readonly id: string; readonly total: string; readonly reserved: string }[]
  readonly reservations: readonly {
    readonly transfer_id: string
    readonly pool_id: string
    readonly amount: string
    readonly status: string
  }[]
}
