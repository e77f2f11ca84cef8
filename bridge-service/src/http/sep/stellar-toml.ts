import { Keypair } from '@stellar/stellar-sdk'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { SepConfig } from '../../sep-config.ts'
import type { WalletAsset, WalletMarket } from './market.ts'

/** What wallets look up about us first: `/.well-known/stellar.toml` (SEP-1). */
export const stellarTomlRoutes =
  (config: SepConfig, market: WalletMarket): FastifyPluginAsyncZod =>
  async app => {
    const text = stellarToml(config, market)
    app.get('/.well-known/stellar.toml', {
      schema: { hide: true },
      handler: async (_request, reply) => reply.type('text/plain; charset=utf-8').send(text),
    })
  }

/** Where wallets authenticate: also the issuer of their tokens. */
export const webAuthEndpointOf = ({ publicUrl }: Pick<SepConfig, 'publicUrl'>): string => `${publicUrl}/sep10/auth`

const stellarToml = (config: SepConfig, { treasury, tokens }: WalletMarket): string => {
  const general = {
    VERSION: '2.7.0',
    NETWORK_PASSPHRASE: config.passphrase,
    SIGNING_KEY: Keypair.fromSecret(config.signingSeed).publicKey(),
    WEB_AUTH_ENDPOINT: webAuthEndpointOf(config),
    ANCHOR_QUOTE_SERVER: `${config.publicUrl}/sep38`,
    ACCOUNTS: [...new Set([treasury, ...config.accounts])],
  }
  const sections = [
    table(general),
    ...(Object.keys(config.organization).length > 0 ? [`[DOCUMENTATION]\n${table(config.organization)}`] : []),
    ...tokens.map(token => `[[CURRENCIES]]\n${table(currencyOf(token))}`),
  ]
  return `${sections.join('\n\n')}\n`
}

// The ledger has seven decimals, whatever the asset has (SEP-1: 0 to 7).
const currencyOf = ({ code, issuer, decimals }: WalletAsset) => ({ code, issuer, display_decimals: Math.min(decimals, 7) })

const table = (values: Readonly<Record<string, string | number | readonly string[] | undefined>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    // A JSON string without control characters is a TOML string, a list of them a TOML array.
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join('\n')
