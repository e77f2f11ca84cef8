import { extractBaseAddress, Keypair, StrKey, Transaction, WebAuth } from '@stellar/stellar-sdk'
import { BridgeError } from '../../errors.ts'
import type { SepConfig } from '../../sep-config.ts'
import type { AccountSigners } from './sep-deps.ts'
import type { Session } from './session.ts'

// Time enough for hardware wallets and several signers (SEP-10: 15 minutes).
const challengeSeconds = 900

export type ChallengeRequest = {
  /** G… or M…. */
  readonly account: string
  /** An id: a decimal string below 2^64. */
  readonly memo?: string | undefined
  readonly client?: { readonly domain: string; readonly signingKey: string } | undefined
}

/** A challenge that was answered well. */
export type Answered = Session & {
  /** 64 hex digits; whatever signatures a challenge has, its hash is the same. */
  readonly challenge: string
  readonly expiresAtMs: number
}

/** The transaction that a client has to sign, which no ledger would accept: base64 XDR. Throws `address_invalid`. */
export const makeChallenge = (config: SepConfig, { account, memo, client }: ChallengeRequest): string => {
  if (!StrKey.isValidEd25519PublicKey(account) && !StrKey.isValidMed25519PublicKey(account))
    throw new BridgeError('address_invalid', { path: 'account' })
  return WebAuth.buildChallengeTx(
    Keypair.fromSecret(config.signingSeed),
    account,
    config.homeDomain,
    challengeSeconds,
    config.passphrase,
    config.webAuthDomain,
    memo ?? null,
    client?.domain ?? null,
    client?.signingKey ?? null,
  )
}

/**
 * Who signed a challenge of ours: its account, by signers whose weights together may move its funds; by its own key when the account does not
 * exist. Throws `challenge_invalid` and `chain_unavailable`. Whether it was answered before is another question.
 */
export const verifyChallenge = async (
  config: SepConfig,
  signed: string,
  accountSigners: AccountSigners,
  nowMs: number,
): Promise<Answered> => {
  const ourKey = Keypair.fromSecret(config.signingSeed).publicKey()
  const { passphrase, homeDomain, webAuthDomain } = config
  checked(() => refuseRepeatedHints(new Transaction(signed, passphrase)))
  const { tx, clientAccountID, memo } = checked(() =>
    WebAuth.readChallengeTx(signed, ourKey, passphrase, homeDomain, webAuthDomain),
  )
  const expiresAtMs = (Number(tx.timeBounds?.maxTime) + 1) * 1_000
  // The SDK lets five minutes more pass.
  if (nowMs >= expiresAtMs) throw new BridgeError('challenge_invalid', { reason: 'it has expired' })

  const account = extractBaseAddress(clientAccountID)
  const authority = await accountSigners(account)
  // A signer without weight signs for nothing, and a threshold of zero still takes somebody, as on the ledger.
  const signers = authority?.signers.filter(({ weight }) => weight > 0) ?? [{ key: account, weight: 1 }]
  const threshold = Math.max(1, authority?.mediumThreshold ?? 1)
  const summary = signers.map(({ key, weight }) => ({ key, weight, type: 'ed25519_public_key' }))
  checked(() => WebAuth.verifyChallengeTxThreshold(signed, ourKey, passphrase, threshold, summary, homeDomain, webAuthDomain))
  const clientDomain = clientDomainOf(tx)
  return {
    challenge: Buffer.from(tx.hash()).toString('hex'),
    expiresAtMs,
    subject: memo === null ? clientAccountID : `${clientAccountID}:${memo}`,
    ...(clientDomain === undefined ? {} : { clientDomain }),
  }
}

/**
 * Each signer signs once, so no two signatures have the hint of one key. Twenty with the hint of ours, all wrong, would cost 40 ms of
 * checking to anybody who sends them; as it is, only those whose key is known are checked at all.
 */
const refuseRepeatedHints = ({ signatures }: Transaction): void => {
  const hints = new Set(signatures.map(({ hint }) => Buffer.from(hint.toBytes()).toString('hex')))
  if (hints.size !== signatures.length) throw new WebAuth.InvalidChallengeError('a key has signed twice')
}

const clientDomainOf = (tx: Transaction): string | undefined => {
  for (const operation of tx.operations)
    if (operation.type === 'manageData' && operation.name === 'client_domain')
      return Buffer.from(operation.value ?? []).toString('utf8')
  return undefined
}

/** Nothing here depends on anything but what was sent, so whatever is thrown is about that. */
const checked = <T>(check: () => T): T => {
  try {
    return check()
  } catch (error) {
    const reason = error instanceof WebAuth.InvalidChallengeError ? error.message : 'it cannot be read'
    throw new BridgeError('challenge_invalid', { reason }, { cause: error })
  }
}
