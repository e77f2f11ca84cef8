import { StellarToml, StrKey } from '@stellar/stellar-sdk'
import { BridgeError } from '../../errors.ts'
import type { ClientSigningKey } from './sep-deps.ts'

const timeoutMs = 5_000

/** The signing key in the stellar.toml of a wallet's domain, fetched anew each time: keys are rotated. */
export const clientDomainKeys =
  (allowHttp: boolean): ClientSigningKey =>
  async domain => {
    const { SIGNING_KEY: key } = await StellarToml.Resolver.resolve(domain, { allowHttp, timeout: timeoutMs }).catch(
      (cause: unknown) => {
        throw new BridgeError('client_domain_unresolved', { domain }, { cause })
      },
    )
    if (key === undefined || !StrKey.isValidEd25519PublicKey(key))
      throw new BridgeError('client_domain_unresolved', { domain, reason: 'no SIGNING_KEY' })
    return key
  }
