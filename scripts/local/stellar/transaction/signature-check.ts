import { StrKey } from '@stellar/stellar-sdk/base'
import type { AccountId } from '../ledger/account-id.ts'
import type { Account } from '../ledger/entry.ts'
import type { SignerKey } from '../ledger/signer-key.ts'
import type { Transaction } from './transaction.ts'
import { isSignedBy } from './verify.ts'

type Weighted = { readonly key: SignerKey; readonly weight: number }

/** The signatures of one envelope, and which of them were needed so far. */
export const openSignatureCheck = ({ hash, signatures }: Pick<Transaction, 'hash' | 'signatures'>) => {
  const used = new Set<number>()

  // Kinds are asked in a fixed order, and asking ends as soon as the weight suffices: what is left over then counts as unneeded.
  const meets = (signers: readonly Weighted[], needed: number): boolean => {
    let weight = 0
    for (const signer of signers.filter(
      ({ key }) => key.type === 'preAuthTx' && Buffer.from(key.bytes).toString('hex') === hash,
    )) {
      weight += signer.weight
      if (weight >= needed) return true
    }
    for (const type of ['hashX', 'ed25519', 'signedPayload'] as const) {
      const left = signers.filter(({ key }) => key.type === type)
      for (const [index, signature] of signatures.entries()) {
        const found = left.findIndex(({ key }) => isSignedBy(signature, key, hash))
        if (found < 0) continue
        used.add(index)
        weight += left[found]!.weight
        if (weight >= needed) return true
        left.splice(found, 1)
      }
    }
    return false
  }

  return {
    meets,
    accountMeets: (account: Account, needed: number): boolean =>
      meets(
        account.thresholds.master > 0
          ? [{ key: masterKey(account.id), weight: account.thresholds.master }, ...account.signers]
          : account.signers,
        needed,
      ),
    /** For an account that is not there (yet): its own key suffices. */
    keyMeets: (id: AccountId): boolean => meets([{ key: masterKey(id), weight: 1 }], 0),
    allUsed: (): boolean => used.size === signatures.length,
  }
}

export type SignatureCheck = ReturnType<typeof openSignatureCheck>

const masterKeys = new Map<AccountId, SignerKey>()

const masterKey = (id: AccountId): SignerKey => {
  const known = masterKeys.get(id)
  if (known) return known
  const key = { type: 'ed25519', bytes: StrKey.decodeEd25519PublicKey(id), payload: new Uint8Array(), address: id } as const
  masterKeys.set(id, key)
  return key
}
