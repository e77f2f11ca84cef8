import type { AccountId } from './account-id.ts'
import type { Account, Signer } from './entry.ts'
import { discharge, sponsoredMore } from './reserve.ts'
import { accountIn, type Scope } from './scope.ts'
import { compareSignerKeys, type SignerKey } from './signer-key.ts'

export const signerOf = (account: Account, key: SignerKey): Signer | undefined =>
  account.signers.find(signer => signer.key.address === key.address)

/** Adds a signer, or puts it in place of the one with the same key. */
export const withSigner = (account: Account, signer: Signer): Account => ({
  ...account,
  signers: [...account.signers.filter(other => other.key.address !== signer.key.address), signer].sort((a, b) =>
    compareSignerKeys(a.key, b.key),
  ),
})

/** Takes a signer off an account and gives back its reserve. Nothing happens when account or signer are not there. */
export const removeSigner = (scope: Scope, id: AccountId, key: SignerKey): void => {
  const holder = accountIn(scope, id)
  const signer = holder && signerOf(holder, key)
  if (!signer) return
  if (signer.sponsor !== null) discharge(scope, signer.sponsor, 1)
  const account = accountIn(scope, id)!
  const without = {
    ...account,
    subentries: account.subentries - 1,
    signers: account.signers.filter(other => other !== signer),
  }
  scope.put(signer.sponsor === null ? without : sponsoredMore(without, -1))
}
