import { createHash } from 'node:crypto'
import { Asset, BASE_FEE, Horizon, Keypair, NotFoundError, Operation, TransactionBuilder, type xdr } from '@stellar/stellar-sdk'

export type StellarSetupOptions = {
  readonly horizonUrl: string
  readonly passphrase: string
  /** Where the first lumens come from; `/friendbot` of Horizon when absent. */
  readonly friendbotUrl?: string
  /** All keys follow from it. */
  readonly seed?: string
  /** Codes of the assets that the bridge issues. */
  readonly codes?: readonly string[]
  /** What the treasury holds of each, in units. */
  readonly inventory?: string
  readonly channels?: number
}

/** The bridge's accounts on a Stellar network, and the keys to them. The treasury is the hot account. */
export type StellarSetup = {
  readonly horizonUrl: string
  readonly passphrase: string
  readonly assets: Readonly<Record<string, Asset>>
  readonly issuer: Keypair
  readonly treasury: Keypair
  readonly cold: Keypair
  readonly sponsor: Keypair
  readonly channels: readonly Keypair[]
}

const lumens = { issuer: '100', treasury: '1000', cold: '100', channel: '20' }
const mostOperations = 100

/**
 * Makes what the bridge needs on a network with a friendbot, the local one or a quickstart: two ledgers, as long as all fits into one
 * transaction (80 channels do). What is there already is left alone.
 */
export const setUpStellar = async (options: StellarSetupOptions): Promise<StellarSetup> => {
  const { horizonUrl, passphrase, seed = 'causeway', codes = ['USDC', 'EURC'], inventory = '10000000', channels = 20 } = options
  const horizon = new Horizon.Server(horizonUrl, { allowHttp: true })
  const key = (name: string) => stellarKey(seed, name)
  const [issuer, treasury, cold, sponsor] = ['issuer', 'treasury', 'cold', 'sponsor'].map(key) as [
    Keypair,
    Keypair,
    Keypair,
    Keypair,
  ]
  const channelKeys = Array.from({ length: channels }, (_, at) => key(`channel-${at}`))
  const assets = Object.fromEntries(codes.map(code => [code, new Asset(code, issuer.publicKey())]))

  const parties: readonly [Keypair, string][] = [
    [issuer, lumens.issuer],
    [treasury, lumens.treasury],
    [cold, lumens.cold],
    ...channelKeys.map((channel): [Keypair, string] => [channel, lumens.channel]),
  ]
  const funder =
    (await find(horizon, sponsor)) ?? (await fund(horizon, sponsor, options.friendbotUrl ?? `${horizonUrl}/friendbot`))
  const found = new Map<Keypair, Horizon.AccountResponse | undefined>()
  await Promise.all(parties.map(async ([account]) => found.set(account, await find(horizon, account))))

  const lacks = (account: Keypair, asset: Asset) =>
    !found
      .get(account)
      ?.balances.some(line => 'asset_code' in line && line.asset_code === asset.code && line.asset_issuer === asset.issuer)
  const creations = parties
    .filter(([account]) => !found.get(account))
    .map(([account, startingBalance]) => Operation.createAccount({ destination: account.publicKey(), startingBalance }))
  const lines = Object.values(assets).flatMap(asset =>
    [treasury, cold]
      .filter(account => lacks(account, asset))
      .map(account => Operation.changeTrust({ asset, source: account.publicKey() })),
  )
  const issues = Object.values(assets)
    .filter(asset => lacks(treasury, asset))
    .map(asset => Operation.payment({ asset, amount: inventory, destination: treasury.publicKey(), source: issuer.publicKey() }))
  const operations = [...creations, ...lines, ...issues]
  for (let at = 0; at < operations.length; at += mostOperations) {
    const chunk = operations.slice(at, at + mostOperations)
    await send(horizon, passphrase, funder, chunk, [sponsor, issuer, treasury, cold])
  }
  return { horizonUrl, passphrase, assets, issuer, treasury, cold, sponsor, channels: channelKeys }
}

/** The same key for the same seed and name, on any network. */
export const stellarKey = (seed: string, name: string): Keypair =>
  Keypair.fromRawEd25519Seed(createHash('sha256').update(`causeway stellar ${seed} ${name}`).digest())

const find = async (horizon: Horizon.Server, account: Keypair): Promise<Horizon.AccountResponse | undefined> => {
  try {
    return await horizon.loadAccount(account.publicKey())
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

const fund = async (horizon: Horizon.Server, account: Keypair, friendbotUrl: string): Promise<Horizon.AccountResponse> => {
  const answer = await fetch(`${friendbotUrl}?addr=${account.publicKey()}`)
  if (!answer.ok) throw new Error(`friendbot: ${answer.status} ${await answer.text()}`)
  return horizon.loadAccount(account.publicKey())
}

/** Signed by those of the signers whose accounts the operations need; one signature too many is an error on Stellar. */
const send = async (
  horizon: Horizon.Server,
  networkPassphrase: string,
  source: Horizon.AccountResponse,
  operations: readonly xdr.Operation[],
  signers: readonly Keypair[],
) => {
  const builder = new TransactionBuilder(source, { fee: String(Number(BASE_FEE) * 10), networkPassphrase }).setTimeout(60)
  for (const operation of operations) builder.addOperation(operation)
  const transaction = builder.build()
  const needed = new Set([transaction.source, ...transaction.operations.flatMap(({ source: each }) => each ?? [])])
  transaction.sign(...signers.filter(signer => needed.has(signer.publicKey())))
  await horizon.submitTransaction(transaction, { skipMemoRequiredCheck: true })
}
