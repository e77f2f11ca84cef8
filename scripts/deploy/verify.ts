import {
  type Abi,
  type Address,
  domainSeparator,
  encodeDeployData,
  getAddress,
  getContractAddress,
  type Hex,
  keccak256,
  type PublicClient,
  pad,
  toHex,
  zeroHash,
} from 'viem'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../contracts/abi/settlement-token.ts'
import { readArtifact } from '../local/compile.ts'
import type { AddressBook } from './address-book.ts'
import { type DeployConfig, limitsOf } from './config.ts'
import { escrowSetup, minterLimitsOf, type SettlementTokenConfig, settlementSetup } from './module.ts'

export type Verification = {
  /** What is not as it was compiled or configured. */
  readonly differences: readonly string[]
  /** What the admin has yet to do, as calls. */
  readonly pending: readonly { to: Address; what: string; functionName: string; args: readonly unknown[] }[]
}

const role = (name: string): Hex => keccak256(toHex(name))

/** Reads back from the chain everything that the configuration said, and the code itself. */
export const verifyDeployment = async (client: PublicClient, config: DeployConfig, book: AddressBook): Promise<Verification> => {
  const differences: string[] = []
  const pending: Verification['pending'][number][] = []
  const expect = (what: string, expected: unknown, found: unknown) => {
    const [wanted, is] = [shown(expected), shown(found)]
    if (wanted !== is) differences.push(`${what}: expected ${wanted}, found ${is}`)
  }
  expect('chain id', config.chainId, await client.getChainId())
  if (differences.length > 0) return { differences, pending }

  await checkCode(client, book.escrow, { contract: 'Escrow', args: [escrowSetup(config)], domain: 'Causeway Escrow' }, expect)
  if (book.depositAddresses) await checkDepositAddresses(client, book.depositAddresses, book.escrow, expect)
  for (const token of config.tokens) {
    if (token.kind === 'existing') continue
    const args = [settlementSetup(config, token, book.escrow)]
    await checkCode(client, book.tokens[token.currency]!, { contract: 'SettlementToken', args, domain: token.name }, expect)
  }
  // What another code would answer says nothing.
  if (differences.length > 0) return { differences, pending }
  const read = { abi: escrowAbi, address: book.escrow } as const
  const [, name, version, chainId, verifier] = await client.readContract({ ...read, functionName: 'eip712Domain' })
  expect('EIP-712 domain', ['Causeway Escrow', '1', BigInt(config.chainId), book.escrow], [name, version, chainId, verifier])
  const wanted = {
    ...{ DEFAULT_ADMIN_ROLE: [config.admin], OPERATOR_ROLE: config.operators, GUARDIAN_ROLE: config.guardians },
    ...{ LIMITER_ROLE: config.limiters, ATTESTER_ROLE: config.attesters },
  }
  await checkRoles(client, escrowAbi, book.escrow, BigInt(book.startBlock), wanted, 'escrow', expect)
  expect('escrow admin delay', config.adminDelay, await client.readContract({ ...read, functionName: 'defaultAdminDelay' }))

  const tokens = config.tokens.map(token => ({ ...token, at: getAddress(book.tokens[token.currency]!) }))
  for (const token of tokens) {
    if (token.kind === 'existing') expect(`${token.currency} address`, token.address, token.at)
    else {
      const roles = {
        ...{ DEFAULT_ADMIN_ROLE: [config.admin], ESCROW_ROLE: [book.escrow] },
        ...{ LIMITER_ROLE: token.limiters, PAUSER_ROLE: token.pausers },
      }
      await checkRoles(client, settlementTokenAbi, token.at, BigInt(book.startBlock), roles, token.currency, expect)
      await checkMinters(client, token, BigInt(book.startBlock), expect)
    }
    const { limits, sequence, allowed } = await client.readContract({ ...read, functionName: 'tokenState', args: [token.at] })
    if (sequence === 0 && token.kind === 'settlement')
      pending.push({
        ...{ to: book.escrow, what: `list ${token.currency}`, functionName: 'listToken', args: [token.at, limitsOf(token)] },
      })
    else {
      expect(`${token.currency} allowed`, true, allowed)
      expect(`${token.currency} limits`, Object.values(limitsOf(token)), Object.values(limits))
    }
  }
  const listed = await client.readContract({ ...read, functionName: 'listedTokens' })
  for (const extra of listed.filter(address => !tokens.some(({ at }) => at === getAddress(address))))
    differences.push(`listed tokens: ${extra} is not in the configuration`)
  return { differences, pending }
}

type Expect = (what: string, expected: unknown, found: unknown) => void

type Compiled = {
  readonly contract: 'Escrow' | 'SettlementToken' | 'DepositAddresses' | 'DepositAddress'
  /** Of the constructor. */
  readonly args: readonly unknown[]
  /** Of EIP-712, where the contract has one. */
  readonly domain?: string
  /** Who makes it, where its constructor asks. */
  readonly maker?: Address
}

/** The contract, and the code of its addresses: the first contract that it has made. */
const checkDepositAddresses = async (client: PublicClient, contract: Address, escrow: Address, expect: Expect) => {
  await checkCode(client, contract, { contract: 'DepositAddresses', args: [escrow] }, expect)
  await checkCode(client, firstMadeBy(contract), { contract: 'DepositAddress', args: [escrow], maker: contract }, expect)
}

const firstMadeBy = (contract: Address): Address => getContractAddress({ from: contract, nonce: 1n })

/**
 * The code on chain against the code that the compiler makes here, byte by byte. What the constructor wrote into it (delays, names) is
 * compared with what the same constructor writes when it is called with the configuration; only what a contract knows of its own address,
 * and of what it has made, is another in each.
 */
const checkCode = async (client: PublicClient, address: Address, { contract, args, domain, maker }: Compiled, expect: Expect) => {
  const { abi, bytecode, immutableReferences } = readArtifact(`${contract}.sol/${contract}`)
  const account = maker ?? '0x000000000000000000000000000000000000dEaD'
  const twin = getContractAddress({ from: account, nonce: BigInt(await client.getTransactionCount({ address: account })) })
  const { data: made } = await client.call({ account, data: encodeDeployData({ abi, bytecode, args }) })
  const code = await client.getCode({ address })
  const chainId = await client.getChainId()

  const places = Object.values(immutableReferences).flat()
  const parts = (hex: Hex | undefined, self: Address) => {
    const bytes = Buffer.from((hex ?? '0x').slice(2), 'hex')
    const own = new Map([
      [pad(self).toLowerCase(), 'own address'],
      [pad(firstMadeBy(self)).toLowerCase(), 'own first contract'],
      ...(domain === undefined
        ? []
        : [
            [
              domainSeparator({ domain: { name: domain, version: '1', chainId, verifyingContract: self } }),
              'own domain',
            ] as const,
          ]),
    ])
    const written = places.map(({ start, length }) => {
      const word: Hex = `0x${bytes.subarray(start, start + length).toString('hex')}`
      return own.get(word) ?? word
    })
    for (const { start, length } of places) if (start + length <= bytes.length) bytes.fill(0, start, start + length)
    return { code: keccak256(bytes), written }
  }
  const [expected, found] = [parts(made, twin), parts(code, address)]
  expect(`${contract} bytecode at ${address}`, expected.code, found.code)
  if (expected.code === found.code)
    for (const [index, { start }] of places.entries())
      expect(`${contract} at ${address}, immutable at byte ${start}`, expected.written[index], found.written[index])
}

/** Those who were ever given limits, and what they have now. */
const checkMinters = async (
  client: PublicClient,
  token: SettlementTokenConfig & { at: Address },
  fromBlock: bigint,
  expect: Expect,
) => {
  const read = { abi: settlementTokenAbi, address: token.at } as const
  const changes = await client.getContractEvents({ ...read, eventName: 'MinterLimitsChanged', fromBlock, strict: true })
  const configured = new Map(token.minters.map(minter => [minter.account, minterLimitsOf(minter)]))
  const none = { perTransaction: 0n, capacity: 0n, refillPerDay: 0n }
  for (const minter of new Set([...configured.keys(), ...changes.map(({ args }) => getAddress(args.minter))])) {
    const [limits] = await client.readContract({ ...read, functionName: 'minterOf', args: [minter] })
    expect(`${token.currency} minter ${minter}`, Object.values(configured.get(minter) ?? none), Object.values(limits))
  }
}

/** Who holds what, from the logs: the contract itself can only be asked about one account at a time. */
const checkRoles = async (
  client: PublicClient,
  abi: Abi,
  address: Address,
  fromBlock: bigint,
  wanted: Readonly<Record<string, readonly Address[]>>,
  what: string,
  expect: Expect,
) => {
  const logs = await client.getContractEvents({ abi, address, fromBlock, strict: true })
  const holders = new Map<Hex, Set<Address>>()
  for (const { eventName, args } of logs as { eventName: string; args: unknown }[]) {
    if (eventName !== 'RoleGranted' && eventName !== 'RoleRevoked') continue
    const { role, account } = args as { role: Hex; account: Address }
    const held = holders.get(role) ?? new Set()
    if (eventName === 'RoleGranted') held.add(account)
    else held.delete(account)
    holders.set(role, held)
  }
  for (const [name, accounts] of Object.entries(wanted)) {
    const id = name === 'DEFAULT_ADMIN_ROLE' ? zeroHash : role(name)
    expect(`${what} ${name}`, [...accounts].sort(), [...(holders.get(id) ?? [])].sort())
    holders.delete(id)
  }
  for (const [id, accounts] of holders) expect(`${what} role ${id}`, [], [...accounts])
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? inner.toString() : inner))
