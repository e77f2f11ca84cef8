import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import hre, { network } from 'hardhat'
import { type Address, createPublicClient, getAddress, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { compileContracts } from '../local/compile.ts'
import { type AddressBook, readAddressBook, writeAddressBook } from './address-book.ts'
import type { DeployConfig } from './config.ts'
import { DeployFailure } from './failure.ts'
import { deploymentModule } from './module.ts'
import { type Verification, verifyDeployment } from './verify.ts'

export type Deployed = { readonly book: AddressBook; readonly isNew: boolean; readonly pending: Verification['pending'] }

type Options = {
  readonly addressBook: string
  readonly environment: NodeJS.ProcessEnv
}

const clientOf = ({ rpcUrl }: DeployConfig) => createPublicClient({ transport: http(rpcUrl), pollingInterval: 200 })

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
  const journal = join(hre.config.paths.ignition, 'deployments', config.name)
  const isNew = !existsSync(options.addressBook)
  const startBlock = isNew ? await client.getBlockNumber() : BigInt(readAddressBook(options.addressBook).startBlock)
  assertSameConfig(journal, config)

  const addresses = await ignite(config, key, getAddress(config.admin) === deployer)
  rememberConfig(journal, config)
  const book: AddressBook = {
    ...{ chainId, escrow: addresses.escrow!, startBlock: String(startBlock) },
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
  return { book, isNew, pending }
}

/** Verifies what an address book says, and sends nothing. Throws `verification_failed`. */
export const verifyOnly = async (config: DeployConfig, addressBook: string): Promise<Deployed> => {
  await compileContracts()
  const book = readAddressBook(addressBook)
  const { differences, pending } = await verifyDeployment(clientOf(config), config, book)
  if (differences.length > 0) throw new DeployFailure('verification_failed', differences)
  return { book, isNew: false, pending }
}

const ignite = async (config: DeployConfig, key: Hex, deployerIsAdmin: boolean) => {
  const { ignition } = await network.create({
    network: 'target',
    override: { url: config.rpcUrl, chainId: config.chainId, accounts: [key] },
  })
  try {
    const contracts = await ignition.deploy(deploymentModule(config, deployerIsAdmin), {
      deploymentId: config.name,
      config: { requiredConfirmations: 1, blockPollingInterval: 200 },
    })
    return Object.fromEntries(
      Object.entries(contracts).map(([name, contract]) => [name, getAddress((contract as { address: Address }).address)]),
    )
  } catch (cause) {
    throw new DeployFailure('deployment_failed', [(cause as Error).message], { cause })
  }
}

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
const memoryOf = (journal: string) => `${journal}.config.json`

const assertSameConfig = (journal: string, config: DeployConfig) => {
  const memory = memoryOf(journal)
  if (!existsSync(memory)) return
  const [before, now] = [readFileSync(memory, 'utf8').split('\n'), essence(config).split('\n')]
  const changed = now.filter(line => !before.includes(line)).map(line => `now ${line.trim()}`)
  const gone = before.filter(line => !now.includes(line)).map(line => `was ${line.trim()}`)
  if (changed.length + gone.length > 0)
    throw new DeployFailure('config_changed', [`${config.name} was deployed from another configuration`, ...gone, ...changed])
}

const rememberConfig = (journal: string, config: DeployConfig) => writeFileSync(memoryOf(journal), essence(config))
