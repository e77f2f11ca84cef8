import type { Hex, TransactionSerializableEIP1559 } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { BridgeError } from '../../errors.ts'

/** Whose nonces are given out here, and what signs for them. */
export type EvmKeys = {
  /** Locks; it is the payer of what the treasury locks. */
  readonly treasury: Hex
  /** Commits, releases and refunds. */
  readonly operator: Hex
  /** The signed bytes, offline; the same request gives the same bytes (RFC 6979). */
  readonly sign: (sender: Hex, request: TransactionSerializableEIP1559) => Promise<Hex>
}

/** Keys that this process holds itself. Throws `config_invalid`. */
export const localKeys = ({ treasuryKey, operatorKey }: { treasuryKey: Hex; operatorKey: Hex }): EvmKeys => {
  const treasury = accountOf(treasuryKey, 'treasuryKey')
  const operator = accountOf(operatorKey, 'operatorKey')
  const accounts = new Map<Hex, PrivateKeyAccount>([treasury, operator].map(account => [account.address, account]))
  return {
    treasury: treasury.address,
    operator: operator.address,
    sign: (sender, request) => accounts.get(sender)!.signTransaction(request),
  }
}

/** The key itself must never reach a log, so neither does what the library says about it. */
const accountOf = (key: Hex, setting: string): PrivateKeyAccount => {
  try {
    return privateKeyToAccount(key)
  } catch {
    throw new BridgeError('config_invalid', { setting })
  }
}
