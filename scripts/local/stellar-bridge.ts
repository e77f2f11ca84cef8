import { Horizon } from '@stellar/stellar-sdk'
import { type LocalStellar, startStellar } from './stellar.ts'
import { type StellarSetup, setUpStellar } from './stellar-setup.ts'

export type StellarBridge = {
  readonly network: LocalStellar
  readonly setup: StellarSetup
  readonly chain: 'stellar:local'
  /** Its entry in `CAUSEWAY_CHAINS`. */
  readonly entry: Readonly<Record<string, unknown>>
  /** The keys, which stand in no entry. */
  readonly env: Readonly<Record<string, string>>
  readonly stop: () => Promise<void>
}

export type StellarBridgeOptions = {
  /** Ms between ledgers. */
  readonly closeMs: number
  readonly port?: number
  readonly channels?: number
}

/** A local Stellar network with the bridge's accounts on it. USDC comes out of the treasury's inventory, EURC is minted by us. */
export const startStellarBridge = async (
  folder: string,
  { closeMs, port, channels = 20 }: StellarBridgeOptions,
): Promise<StellarBridge> => {
  const network = await startStellar(folder, { closeMs, ...(port === undefined ? {} : { port }) })
  try {
    const { url: horizonUrl, passphrase } = network
    const setup = await setUpStellar({ horizonUrl, passphrase, channels })
    const { records } = await new Horizon.Server(horizonUrl, { allowHttp: true }).ledgers().order('desc').limit(1).call()
    const { treasury, cold, sponsor, issuer } = setup
    return {
      network,
      setup,
      chain: 'stellar:local',
      entry: {
        id: 'stellar:local',
        horizonUrl,
        passphrase,
        assets: Object.fromEntries(
          Object.entries(setup.assets).map(([name, { code, issuer }]) => [name, { code, issuer: issuer! }]),
        ),
        accounts: {
          treasury: treasury.publicKey(),
          cold: cold.publicKey(),
          sponsor: sponsor.publicKey(),
          issuer: issuer.publicKey(),
          channels: setup.channels.map(channel => channel.publicKey()),
        },
        funding: { USDC: 'liquidity', EURC: 'mint' },
        startLedger: String(records[0]!.sequence),
        pollMs: 100,
        expectedCloseMs: closeMs,
        submissionSec: 15,
        channelLeaseMs: 2_000,
        softDeadlineMs: 3_600_000,
        hardDeadlineMs: 86_400_000,
      },
      env: {
        CAUSEWAY_STELLAR_TREASURY_KEY: treasury.secret(),
        CAUSEWAY_STELLAR_COLD_KEY: cold.secret(),
        CAUSEWAY_STELLAR_SPONSOR_KEY: sponsor.secret(),
        CAUSEWAY_STELLAR_ISSUER_KEY: issuer.secret(),
        CAUSEWAY_STELLAR_CHANNEL_KEYS: setup.channels.map(channel => channel.secret()).join(','),
      },
      stop: network.stop,
    }
  } catch (error) {
    await network.stop()
    throw error
  }
}
