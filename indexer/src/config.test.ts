import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type EvmChainConfig, readConfig } from './config.ts'

const chain = {
  id: 'evm:31337',
  rpcUrls: ['http://127.0.0.1:8545'],
  escrow: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
  startBlock: '7',
  finalityDepth: 3,
}
const env = (chains: unknown, more = {}) => ({
  DATABASE_URL: 'postgresql://postgres@127.0.0.1/causeway',
  CAUSEWAY_CHAINS: JSON.stringify(chains),
  ...more,
})

test('reads the chains and leaves alone what belongs to the service', () => {
  const config = readConfig(env([{ ...chain, tokens: { USDC: '0x…' }, pollMs: 50 }]))
  expect(config.port).toBe(0)
  expect(config.chains).toEqual([
    {
      ...chain,
      kind: 'evm',
      startBlock: 7n,
      pollMs: 50,
      batchSize: 100,
      concurrency: 8,
      rpcBatchSize: 100,
      quorum: 1,
      rpcTimeoutMs: 10_000,
    },
  ])
})

test('asks a majority of the nodes to agree, where nothing else is said', () => {
  const urls = ['a', 'b', 'c', 'd'].map(name => `http://${name}`)
  const quorumOf = (more: object) => (readConfig(env([{ ...chain, ...more }])).chains[0] as EvmChainConfig).quorum
  expect([1, 2, 3, 4].map(count => quorumOf({ rpcUrls: urls.slice(0, count) }))).toEqual([1, 2, 2, 3])
  expect(quorumOf({ rpcUrls: urls, quorum: 2 })).toBe(2)
})

test.each([
  ['a quorum larger than the number of nodes', env([{ ...chain, quorum: 2 }])],
  ['a chain without nodes', env([{ ...chain, rpcUrls: [] }])],
  ['the one node of old', env([{ ...chain, rpcUrls: undefined, rpcUrl: 'http://127.0.0.1:8545' }])],
  ['no chains', env([])],
  ['not JSON', { ...env([]), CAUSEWAY_CHAINS: '[' }],
  ['nothing', {}],
  ['a chain twice', env([chain, chain])],
  ['a chain that nobody would follow', env([{ ...chain, id: 'stellar:testnet' }])],
  ['a block number that went through a float', env([{ ...chain, startBlock: 7 }])],
  ['an escrow with a wrong checksum', env([{ ...chain, escrow: '0x5fbDB2315678afecb367f032d93F642f64180aa3' }])],
  ['a depth of zero', env([{ ...chain, finalityDepth: 0 }])],
  ['a port that is none', env([chain], { INDEXER_PORT: '70000' })],
])('refuses %s', (_, wrong) => {
  expect(() => readConfig(wrong)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
})

test('takes chain, escrow and first block from an address book, and refuses what is said twice or cannot be read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'address-book-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const addressBook = join(folder, 'addresses.json')
  writeFileSync(addressBook, JSON.stringify({ chainId: 31_337, escrow: chain.escrow, startBlock: '7', tokens: {}, funding: {} }))
  const { id, escrow, startBlock, ...rest } = chain
  expect(readConfig(env([{ ...rest, addressBook }])).chains).toEqual(readConfig(env([chain])).chains)
  for (const wrong of [
    { ...rest, addressBook, startBlock },
    { ...rest, addressBook, escrow },
    { ...rest, addressBook, id },
    { ...rest, addressBook: join(folder, 'none') },
  ])
    expect(() => readConfig(env([wrong]))).toThrow(expect.objectContaining({ code: 'config_invalid' }))
})
