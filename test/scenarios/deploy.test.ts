import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  createTestClient,
  getContractAddress,
  type Hex,
  http,
  keccak256,
  numberToHex,
  pad,
  publicActions,
  toHex,
  walletActions,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig as readServiceConfig } from '../../bridge-service/src/config.ts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../contracts/abi/settlement-token.ts'
import { type EvmChainConfig, readConfig as readIndexerConfig } from '../../indexer/src/config.ts'
import { repository } from '../../scripts/local/child.ts'
import { type Deployment, deployContracts } from '../../scripts/local/deploy-contracts.ts'
import { localChainId, startEvm } from '../../scripts/local/evm.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { createWorkspace } from '../../scripts/local/workspace.ts'
import { startRpcProxy } from '../support/rpc-proxy.ts'
import { until } from '../support/until.ts'

const workspace = createWorkspace()
const [admin, treasury, operator, guardian, deployer] = [0, 1, 2, 3, 4].map(evmAccount) as [E, E, E, E, E]
type E = ReturnType<typeof evmAccount>
let world: Deployment
let url: string
let stop: () => Promise<void>

beforeAll(async () => {
  const evm = await startEvm(workspace.folder, { blockMs: 100 })
  stop = evm.stop
  url = evm.url
  world = await deployContracts(url)
})
afterAll(async () => {
  await stop()
  workspace.remove()
})

const client = () =>
  createTestClient({ mode: 'hardhat', transport: http(url), pollingInterval: 50, cacheTime: 0 })
    .extend(publicActions)
    .extend(walletActions)
const nonceOf = ({ address }: E) => client().getTransactionCount({ address })

const limits = { capacity: '5000000', refillPerDay: '10000000', attestationThreshold: '250000', attestationQuorum: 2 }
// A number that stands nowhere else in the code.
const limitsDelay = 0xabcdef
const configOf = (name: string, change: object = {}) => ({
  ...{ name, chainId: localChainId, rpcUrl: url, deployerKeyVariable: 'DEPLOYER_KEY', admin: admin.address },
  ...{ adminDelay: 0, limitsDelay, operators: [operator.address], guardians: [guardian.address] },
  ...{ limiters: [guardian.address], attesters: [evmAccount(6).address, evmAccount(7).address] },
  tokens: [
    { kind: 'existing', currency: 'USDC', address: world.token, decimals: 6, limits },
    {
      ...{ kind: 'settlement', currency: 'EURC', name: 'Issued Euro', symbol: 'IEUR', limits },
      ...{ limiters: [guardian.address], pausers: [guardian.address] },
      minters: [{ account: treasury.address, perTransaction: '250000', capacity: '2000000', refillPerDay: '2000000' }],
    },
  ],
  ...change,
})
const bookOf = (name: string) => join(workspace.folder, `${name}.addresses.json`)
const argumentsFor = (config: { name: string }) => {
  const file = join(workspace.folder, `${config.name}.json`)
  writeFileSync(file, JSON.stringify(config))
  return ['scripts/deploy.ts', '--json', '--config', file, '--address-book', bookOf(config.name)]
}
const environmentWith = (key: Hex | '') => ({ ...process.env, DEPLOYER_KEY: key, CAUSEWAY_DEPLOYMENTS: workspace.folder })

const roleNamed = (name: string) => keccak256(toHex(name))
const noLimits = { capacity: 0n, refillPerDay: 0n, attestationThreshold: 0n, attestationQuorum: 0 }
const roleOf = {
  DEFAULT_ADMIN_ROLE: `0x${'00'.repeat(32)}`,
  OPERATOR_ROLE: roleNamed('OPERATOR_ROLE'),
  GUARDIAN_ROLE: roleNamed('GUARDIAN_ROLE'),
  LIMITER_ROLE: roleNamed('LIMITER_ROLE'),
  ATTESTER_ROLE: roleNamed('ATTESTER_ROLE'),
} as const satisfies Record<string, Hex>

type Answer = { ok: boolean; code?: string; details?: string[]; isNew?: boolean; escrow?: Hex; pending?: Pending[] }
type Pending = { to: Hex; functionName: 'listToken'; args: readonly unknown[] }
/** What `npm run deploy -- --json` says. */
const deploy = async (config: { name: string }, from: Hex | '', ...more: string[]): Promise<Answer> => {
  const run = promisify(execFile)(process.execPath, [...argumentsFor(config), ...more], {
    ...{ cwd: repository, env: environmentWith(from) },
  })
  const { stdout, stderr } = await run.catch((failed: { code: number; stdout: string; stderr: string }) => {
    expect(failed.code, failed.stderr).toBe(1)
    return failed
  })
  const lines = `${stdout}\n${stderr}`.split('\n').filter(line => line.startsWith('{'))
  return JSON.parse(lines.at(-1) ?? `{"nothing": ${JSON.stringify(stderr)}}`)
}
const escrowCall = async (by: E, functionName: 'grantRole' | 'listToken' | 'lowerLimits', args: readonly unknown[], at: Hex) => {
  const hash = await client().writeContract({
    ...{ abi: escrowAbi, address: at, functionName, args: args as never, chain: null },
    account: privateKeyToAccount(by.key),
  })
  await client().waitForTransactionReceipt({ hash })
}

describe('a deployment by its admin', () => {
  const config = () => configOf('by-admin')
  let book: { escrow: Hex; depositAddresses: Hex; tokens: Record<string, Hex>; startBlock: string }

  it('deploys, verifies, and writes an address book that service and indexer read', async () => {
    expect(await deploy(config(), admin.key)).toMatchObject({ ok: true, isNew: true, pending: [] })
    book = JSON.parse(readFileSync(bookOf('by-admin'), 'utf8'))
    const chains = JSON.stringify([{ addressBook: bookOf('by-admin'), rpcUrls: [url], finalityDepth: 16 }])
    const environment = { DATABASE_URL: 'postgres://127.0.0.1/x', CAUSEWAY_CHAINS: chains }
    expect(readServiceConfig(environment, ['saga']).chains[0]).toMatchObject({
      ...{ id: `evm:${localChainId}`, escrow: book.escrow, tokens: { USDC: world.token, EURC: book.tokens.EURC } },
      ...{ funding: { USDC: 'liquidity', EURC: 'mint' }, depositAddresses: book.depositAddresses },
    })
    const followed = readIndexerConfig(environment).chains[0] as EvmChainConfig
    expect(followed).toMatchObject({ kind: 'evm', id: `evm:${localChainId}`, escrow: book.escrow })
    const [first] = await client().getContractEvents({ abi: escrowAbi, address: book.escrow, fromBlock: 0n })
    expect(followed.startBlock).toBeLessThanOrEqual(first!.blockNumber)
  })

  it('run again, finds all there and sends nothing', async () => {
    const nonce = await nonceOf(admin)
    expect(await deploy(config(), admin.key)).toMatchObject({ ok: true, isNew: false, escrow: book.escrow })
    expect(await nonceOf(admin)).toBe(nonce)
  })

  it('refuses a configuration that is not the one that was deployed', async () => {
    const nonce = await nonceOf(admin)
    const answer = await deploy(configOf('by-admin', { operators: [deployer.address] }), admin.key)
    expect(answer).toMatchObject({ ok: false, code: 'config_changed' })
    expect(answer.details?.join()).toContain(deployer.address)
    expect(await nonceOf(admin)).toBe(nonce)
  })

  it.each([
    [
      'a role too many',
      () => escrowCall(admin, 'grantRole', [roleOf.OPERATOR_ROLE, deployer.address], book.escrow),
      /OPERATOR_ROLE/,
    ],
    ['a minter who also pauses', () => grantPauser(book.tokens.EURC!), /EURC PAUSER_ROLE/],
    ['other limits', () => escrowCall(guardian, 'lowerLimits', [world.token, noLimits], book.escrow), /USDC limits/],
    [
      'a token that is not in the configuration',
      () => escrowCall(admin, 'listToken', [world.escrow, noLimits], book.escrow),
      /listed tokens/,
    ],
    ['other limits of a minter', () => lowerMinter(book.tokens.EURC!), /EURC minter/],
    ['another delay of limits', () => changeDelay(book.escrow), /Escrow at .* immutable/],
    ['other code', () => flipLastByte(book.escrow), /Escrow bytecode/],
    ['other code of the deposit addresses', () => flipLastByte(book.depositAddresses), /DepositAddresses bytecode/],
    [
      'other code at a deposit address',
      () => flipLastByte(getContractAddress({ from: book.depositAddresses, nonce: 1n })),
      /DepositAddress bytecode/,
    ],
    [
      'deposit addresses of another escrow',
      async () => {
        const code = (await client().getCode({ address: world.depositAddresses }))!
        await client().setCode({ address: book.depositAddresses, bytecode: code })
      },
      /DepositAddresses at .* immutable/,
    ],
    ['no code', () => client().setCode({ address: book.tokens.EURC!, bytecode: '0x' }), /SettlementToken bytecode|EURC/],
  ])('--verify-only finds %s', async (_what, tamper, where) => {
    const snapshot = await client().snapshot()
    expect(await deploy(config(), '', '--verify-only')).toMatchObject({ ok: true })
    await tamper()
    const answer = await deploy(config(), '', '--verify-only')
    expect(answer).toMatchObject({ ok: false, code: 'verification_failed' })
    expect(answer.details?.join('\n')).toMatch(where)
    await client().revert({ id: snapshot })
  })
})

describe('a deployment by somebody else', () => {
  it('gives him no role, and says what the admin has yet to do', async () => {
    const answer = await deploy(configOf('by-other'), deployer.key)
    expect(answer).toMatchObject({ ok: true, pending: [{ functionName: 'listToken' }] })
    const { to, args } = answer.pending![0]!
    for (const role of Object.values(roleOf))
      expect(
        await client().readContract({ abi: escrowAbi, address: to, functionName: 'hasRole', args: [role, deployer.address] }),
      ).toBe(false)
    await escrowCall(admin, 'listToken', args, to)
    expect(await deploy(configOf('by-other'), deployer.key)).toMatchObject({ ok: true, pending: [] })
  })
})

describe('a deployment that is killed', () => {
  /** Starts it, and gives a function that kills it. */
  const begin = (config: { name: string }) => {
    const child: ChildProcess = spawn(process.execPath, argumentsFor(config), {
      ...{ cwd: repository, env: environmentWith(deployer.key), stdio: 'ignore' },
    })
    const ended = new Promise(resolve => child.once('exit', resolve))
    const kill = () => {
      child.kill('SIGKILL')
      return ended
    }
    return { kill, ended, isOver: () => child.exitCode !== null }
  }

  it('goes on where it stopped, and deploys nothing twice', async () => {
    const config = configOf('killed')
    const nonce = await nonceOf(deployer)
    const run = begin(config)
    while ((await nonceOf(deployer)) === nonce && !run.isOver()) await delay(10)
    await run.kill()
    expect(existsSync(bookOf('killed'))).toBe(false)
    expect(await deploy(config, deployer.key)).toMatchObject({ ok: true })
    expect(await nonceOf(deployer), 'an escrow, its deposit addresses and a token').toBe(nonce + 3)
    const { startBlock, escrow } = JSON.parse(readFileSync(bookOf('killed'), 'utf8'))
    const [first] = await client().getContractEvents({ abi: escrowAbi, address: escrow, fromBlock: 0n })
    expect(BigInt(startBlock), 'no event is before the first block').toBeLessThanOrEqual(first!.blockNumber)
  })

  it('knows of no transaction whether it was sent, and finds out: killed before and after each', async () => {
    const proxy = await startRpcProxy(url)
    const config = configOf('unrecorded', { rpcUrl: proxy.url })
    const nonce = await nonceOf(deployer)
    for (const sends of [0, 1, 2])
      for (const fault of ['requestLost', 'answerLost'] as const) {
        let killed: Promise<unknown> | undefined
        const run = begin(config)
        proxy.fault = async method => {
          if (method !== 'eth_sendRawTransaction') return undefined
          killed = run.kill()
          await killed // so that it hears nothing any more
          return fault
        }
        await run.ended
        expect(killed, `a send after ${sends} others, ${fault}`).toBeDefined()
        // What its node got from it is mined whether it lives or not.
        await until(
          'the chain to have what was sent',
          async () => (await nonceOf(deployer)) === nonce + sends + Number(fault === 'answerLost'),
        )
      }
    proxy.fault = () => undefined
    expect(await deploy(config, deployer.key)).toMatchObject({ ok: true })
    expect(await nonceOf(deployer), 'an escrow, its deposit addresses and a token').toBe(nonce + 3)
    await proxy.stop()
  })
})

describe('nothing is sent', () => {
  it.each([
    ['to another chain', { chainId: 1 }, admin.key, 'chain_mismatch'],
    ['without a key', {}, '' as const, 'config_invalid'],
    ['for a configuration that is not in order', { operators: [] }, admin.key, 'config_invalid'],
  ])('%s', async (_what, change, key, code) => {
    const nonce = await nonceOf(admin)
    expect(await deploy(configOf('never', change), key)).toMatchObject({ ok: false, code })
    expect(await nonceOf(admin)).toBe(nonce)
    expect(existsSync(bookOf('never'))).toBe(false)
  })
})

const tokenCall = async (by: E, functionName: 'grantRole' | 'lowerMinterLimits', args: readonly unknown[], at: Hex) => {
  const hash = await client().writeContract({
    ...{ abi: settlementTokenAbi, address: at, functionName, args: args as never, chain: null },
    account: privateKeyToAccount(by.key),
  })
  await client().waitForTransactionReceipt({ hash })
}
const grantPauser = (token: Hex) => tokenCall(admin, 'grantRole', [roleNamed('PAUSER_ROLE'), treasury.address], token)
const lowerMinter = (token: Hex) =>
  tokenCall(guardian, 'lowerMinterLimits', [treasury.address, { perTransaction: 1n, capacity: 1n, refillPerDay: 1n }], token)

/** The delay is in the code itself. */
const changeDelay = async (address: Hex) => {
  const code = (await client().getCode({ address }))!
  const changed = code.replaceAll(pad(numberToHex(limitsDelay)).slice(2), pad('0x1').slice(2)) as Hex
  expect(changed).not.toBe(code)
  await client().setCode({ address, bytecode: changed })
}

/** The last byte belongs to the metadata: nobody would notice by calling the contract. */
const flipLastByte = async (address: Hex) => {
  const code = (await client().getCode({ address }))!
  const last = (Number.parseInt(code.slice(-2), 16) ^ 1).toString(16).padStart(2, '0')
  await client().setCode({ address, bytecode: `${code.slice(0, -2)}${last}` as Hex })
}
