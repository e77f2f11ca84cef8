import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import hre, { network } from 'hardhat'
import { type Address, createPublicClient, getAddress, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { compileContracts } from '../local/compile.ts'
import { type AddressBook, readAddressBook, writeAddressBook } from './address-book.ts'
import type { DeployConfig } from './config.ts'
import { DeployFailure } from './failure.ts'
import { deploymentModule } from './module.ts'
import { recordSent, unrecordedIn } from './sent-unrecorded.ts'
import { type Verification, verifyDeployment } from './verify.ts'

export type Deployed = { readonly book: AddressBook; readonly isNew: boolean; readonly pending: Verification['pending'] }

type Options = {
  readonly addressBook: string
  readonly environment: NodeJS.ProcessEnv
}

const pollMs = 200
const clientOf = ({ rpcUrl }: DeployConfig) => createPublicClient({ transport: http(rpcUrl), pollingInterval: pollMs })

/**
 * Deploys what is not there yet, verifies all of it and writes the address book. Throws `config_invalid`, `chain_mismatch`,
 * `config_changed` before anything is sent, `deployment_failed` (run it again: it goes on where it stopped), `verification_failed`.
 */
export const deploy = async (config: DeployConfig, options: Options): Promise<Deployed> => {
  const client = clientOf(config)
  const chainId = await client.getChainId()
  if (chainId !== config.chainId)
    throw new DeployFailure('chain_mismatch', [
      `the configuration is for chain ${config.chainId}, ${config.rpcUrl} is ${chainId}`,
    ])
  const key = deployerKey(config, options.environment)
  const deployer = privateKeyToAccount(key).address
  await compileContracts()
  const journal = journalOf(config)
  const memory = recall(journal)
  assertSameConfig(memory, config)
  // Before anything is sent: a run that takes over must not begin its logs after the first event.
  const startBlock = memory?.startBlock ?? String(await client.getBlockNumber())
  remember(journal, { startBlock, deployed: memory?.deployed ?? null })

  const addresses = await ignite(config, key, getAddress(config.admin) === deployer, BigInt(startBlock))
  remember(journal, { startBlock, deployed: essence(config) })
  const book: AddressBook = {
    ...{ chainId, escrow: addresses.escrow!, depositAddresses: addresses.depositAddresses!, startBlock },
    tokens: Object.fromEntries(
      config.tokens.map(token => [token.currency, token.kind === 'existing' ? token.address : addresses[token.currency]!]),
    ),
    funding: Object.fromEntries(
      config.tokens.map(({ currency, kind }) => [currency, kind === 'existing' ? 'liquidity' : 'mint']),
    ),
  }
  const { differences, pending } = await verifyDeployment(client, config, book)
  if (differences.length > 0) throw new DeployFailure('verification_failed', differences)
  writeAddressBook(options.addressBook, book)
  return { book, isNew: memory?.deployed == null, pending }
}

/** Verifies what an address book says, and sends nothing. Throws `verification_failed`. */
export const verifyOnly = async (config: DeployConfig, addressBook: string): Promise<Deployed> => {
  await compileContracts()
  const book = readAddressBook(addressBook)
  const { differences, pending } = await verifyDeployment(clientOf(config), config, book)
  if (differences.length > 0) throw new DeployFailure('verification_failed', differences)
  return { book, isNew: false, pending }
}

const ignite = async (config: DeployConfig, key: Hex, deployerIsAdmin: boolean, startBlock: bigint) => {
  const { ignition, provider } = await network.create({
    network: 'target',
    override: { url: config.rpcUrl, chainId: config.chainId, accounts: [key] },
  })
  const goOn = () =>
    ignition.deploy(deploymentModule(config, deployerIsAdmin), {
      deploymentId: config.name,
      config: { requiredConfirmations: 1, blockPollingInterval: pollMs },
    })
  const recovered = new Set<number>()
  const recover = async (error: unknown): Promise<ReturnType<typeof goOn>> => {
    const unrecorded = unrecordedIn(error)
    if (unrecorded === undefined || recovered.has(unrecorded.nonce)) throw error
    recovered.add(unrecorded.nonce)
    await recordSent(journalOf(config), unrecorded, { chain: clientOf(config), provider, startBlock, pollMs })
    return goOn().catch(recover)
  }
  try {
    const contracts = await goOn().catch(recover)
    return Object.fromEntries(
      Object.entries(contracts).map(([name, contract]) => [name, getAddress((contract as { address: Address }).address)]),
    )
  } catch (cause) {
    throw new DeployFailure('deployment_failed', [(cause as Error).message], { cause })
  }
}

const journalOf = ({ name }: DeployConfig): string => join(hre.config.paths.ignition, 'deployments', name)

const deployerKey = ({ deployerKeyVariable }: DeployConfig, environment: NodeJS.ProcessEnv): Hex => {
  const key = environment[deployerKeyVariable]
  if (key === undefined || !/^0x[0-9a-fA-F]{64}$/.test(key))
    throw new DeployFailure('config_invalid', [
      `${deployerKeyVariable} must hold the deployer's private key, 0x and 64 hex digits`,
    ])
  return key as Hex
}

/** The part of a configuration that is in the contracts; another URL or key may deploy the rest. */
const essence = ({ rpcUrl: _, deployerKeyVariable: __, ...rest }: DeployConfig): string => JSON.stringify(rest, null, 2)

/** What a deployment knows about itself from one run to the next, beside Ignition's journal. */
type Memory = {
  /** The block before the first transaction. */
  readonly startBlock: string
  /** The essence of the configuration that went through, line by line; null until it did. */
  readonly deployed: string | null
}
const memoryOf = (journal: string) => `${journal}.memory.json`

const recall = (journal: string): Memory | undefined =>
  existsSync(memoryOf(journal)) ? JSON.parse(readFileSync(memoryOf(journal), 'utf8')) : undefined

const remember = (journal: string, memory: Memory) => {
  mkdirSync(dirname(journal), { recursive: true })
  writeFileSync(memoryOf(journal), `${JSON.stringify(memory, null, 2)}\n`)
}

const assertSameConfig = (memory: Memory | undefined, config: DeployConfig) => {
  if (memory === undefined || memory.deployed === null) return
  const [before, now] = [memory.deployed.split('\n'), essence(config).split('\n')]
  const changed = now.filter(line => !before.includes(line)).map(line => `now ${line.trim()}`)
  const gone = before.filter(line => !now.includes(line)).map(line => `was ${line.trim()}`)
  if (changed.length + gone.length > 0)
    throw new DeployFailure('config_changed', [`${config.name} was deployed from another configuration`, ...gone, ...changed])
}
