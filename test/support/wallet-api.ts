import { createHash } from 'node:crypto'
import { Keypair, StrKey, Transaction } from '@stellar/stellar-sdk'
import type { Chain } from '../../bridge-service/src/chains/chain.ts'
import { BridgeError } from '../../bridge-service/src/errors.ts'
import type { AccountAuthority, SepDeps } from '../../bridge-service/src/http/sep/sep-deps.ts'
import type { ServerDeps } from '../../bridge-service/src/http/server-deps.ts'
import type { SepConfig } from '../../bridge-service/src/sep-config.ts'
import { freePort } from '../../scripts/local/ports.ts'
import { configuration, readOnlyChain, startApi } from './api.ts'

/** Throw-away keys, the same in every run. */
export const keyOf = (name: string): Keypair => Keypair.fromRawEd25519Seed(createHash('sha256').update(`wallet ${name}`).digest())

export const passphrase = 'Local Network of Wallets'
export const issuer = keyOf('issuer').publicKey()
export const server = keyOf('server')

const account = (name: string): string => keyOf(name).publicKey()

/** An entry of `CAUSEWAY_CHAINS`. */
export const network = {
  id: 'stellar:local',
  ...{ horizonUrl: 'http://127.0.0.1:1/', passphrase },
  ...{ rpcUrl: 'http://127.0.0.1:1', escrow: `0x${'ee'.repeat(20)}`, tokens: {}, assets: {} },
  accounts: { treasury: account('treasury'), cold: account('cold'), channels: [account('channel')] },
} as const

/** A Stellar chain that only knows how to read. */
const stellarChain: Chain = {
  ...readOnlyChain,
  id: network.id,
  treasury: network.accounts.treasury,
  parseAddress: text => {
    if (!StrKey.isValidEd25519PublicKey(text) && !StrKey.isValidMed25519PublicKey(text))
      throw new BridgeError('address_invalid', { value: text })
    return text
  },
  supports: currency => currency === 'USDC' || currency === 'EURC',
  tokenAddress: currency => `${currency}:${issuer}`,
}

export type WalletApi = Awaited<ReturnType<typeof startWalletApi>>

/** The API with Stellar wallets served, listening. The ledger is what `accounts` says, the wallets' domains what `clientKeys` says. */
export const startWalletApi = async (change: { sep?: Partial<SepConfig>; deps?: Partial<ServerDeps> } = {}) => {
  const publicUrl = `http://127.0.0.1:${await freePort()}`
  const accounts = new Map<string, AccountAuthority | BridgeError>()
  const clientKeys = new Map<string, string>()
  const base = configuration('postgresql://unused')
  const own = configuration('postgresql://unused', {
    CAUSEWAY_CHAINS: JSON.stringify([network]),
    // The house's payout partner is on another chain.
    CAUSEWAY_POLICY: '{}',
    CAUSEWAY_STELLAR_SIGNING_KEY: server.secret(),
    CAUSEWAY_STELLAR_JWT_SECRET: 'a secret of thirty-two bytes, or more',
    CAUSEWAY_STELLAR_SEP: JSON.stringify({
      chain: network.id,
      publicUrl,
      tenant: 'acme',
      organization: { ORG_NAME: 'Causeway "Test" \\ Söhne', ORG_URL: 'https://causeway.example' },
      accounts: [network.accounts.cold],
      clientDomains: ['wallet.example', 'broken.example'],
    }),
  })
  const config: SepConfig = { ...own.sep!, ...change.sep }
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
  const api = await startApi({
    sep,
    config: { ...base, chains: [...base.chains, ...own.chains] },
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
