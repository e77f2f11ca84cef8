import { createHash } from 'node:crypto'
import { Keypair, StrKey, Transaction } from '@stellar/stellar-sdk'
import { BridgeError } from '../../bridge-service/src/errors.ts'
import type { AccountAuthority, SepDeps } from '../../bridge-service/src/http/sep/sep-deps.ts'
import type { ServerDeps } from '../../bridge-service/src/http/server-deps.ts'
import { type SepConfig, sepShape } from '../../bridge-service/src/sep-config.ts'
import { freePort } from '../../scripts/local/ports.ts'
import { configuration, readOnlyChain, startApi } from './api.ts'

/** Throw-away keys, the same in every run. */
export const keyOf = (name: string): Keypair => Keypair.fromRawEd25519Seed(createHash('sha256').update(`wallet ${name}`).digest())

export const passphrase = 'Standalone Network ; February 2017'
export const issuer = keyOf('issuer').publicKey()
export const server = keyOf('server')

const stellarTreasury = keyOf('treasury').publicKey()
const stellarChain = {
  ...readOnlyChain,
  id: 'stellar:local',
  treasury: stellarTreasury,
  parseAddress: (text: string) => {
    if (!StrKey.isValidEd25519PublicKey(text) && !StrKey.isValidMed25519PublicKey(text))
      throw new BridgeError('address_invalid', { value: text })
    return text
  },
  supports: (currency: string) => currency === 'USDC' || currency === 'EURC',
  tokenAddress: (currency: string) => `${currency}:${issuer}`,
} as const

export type WalletApi = Awaited<ReturnType<typeof startWalletApi>>

/** The API with Stellar wallets served, listening. The ledger is what `accounts` says, the wallets' domains what `clientKeys` says. */
export const startWalletApi = async (change: { sep?: Partial<SepConfig>; deps?: Partial<ServerDeps> } = {}) => {
  const publicUrl = `http://127.0.0.1:${await freePort()}`
  const accounts = new Map<string, AccountAuthority | BridgeError>()
  const clientKeys = new Map<string, string>()
  const config: SepConfig = {
    ...sepShape.parse({
      chain: 'stellar:local',
      publicUrl,
      tenant: 'acme',
      organization: { ORG_NAME: 'Causeway "Test" \\ Söhne', ORG_URL: 'https://causeway.example' },
      accounts: [keyOf('cold').publicKey()],
      clientDomains: ['wallet.example', 'broken.example'],
    }),
    horizonUrl: 'http://127.0.0.1:1',
    passphrase,
    signingSeed: server.secret(),
    jwtSecret: 'a secret of thirty-two bytes, or more',
    ...change.sep,
  }
  const sep: SepDeps = {
    config,
    accountSigners: async id => {
      const known = accounts.get(id)
      if (known instanceof BridgeError) throw known
      return known
    },
    clientSigningKey: async domain => {
      const key = clientKeys.get(domain)
      if (key === undefined) throw new BridgeError('client_domain_unresolved', { domain })
      return key
    },
  }
  const base = configuration('postgresql://unused')
  const api = await startApi({
    sep,
    config: { ...base, chains: [...base.chains, { ...base.chains[0]!, id: stellarChain.id }] },
    chains: new Map([readOnlyChain, stellarChain].map(chain => [chain.id, chain])),
    ...change.deps,
  })
  await api.app.listen({ host: '127.0.0.1', port: Number(new URL(publicUrl).port) })

  const challengeFor = async (query: Record<string, string>): Promise<string> => {
    const answer = await api.get(`/sep10/auth?${new URLSearchParams(query)}`, { key: null })
    if (answer.status !== 200) throw new Error(`no challenge: ${answer.text}`)
    return answer.json.transaction
  }
  const answerWith = (transaction: string) => api.post('/sep10/auth', { transaction }, { key: null, idempotencyKey: null })

  /** A token, as a wallet gets one. */
  const logIn = async (client: Keypair, query: Record<string, string> = {}): Promise<string> => {
    const challenge = await challengeFor({ account: client.publicKey(), ...query })
    const { json } = await answerWith(signed(challenge, client))
    return json.token
  }
  return { ...api, config, publicUrl, accounts, clientKeys, challengeFor, answerWith, logIn }
}

/** A challenge with more signatures. */
export const signed = (challenge: string, ...keys: readonly Keypair[]): string => {
  const transaction = new Transaction(challenge, passphrase)
  transaction.sign(...keys)
  return transaction.toEnvelope().toXdr('base64').toString()
}
