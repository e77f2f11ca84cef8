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

const account = 'GADOYSPBDLP2MAO25CKAY443EZGCA4RFZXGNS3I4DQAU3E2YADPCMUAE'
const stellar = {
  ...{ id: 'stellar:local', horizonUrl: 'http://127.0.0.1:8000', passphrase: 'Local', startLedger: '2' },
  accounts: { treasury: account, cold: 'GC34BP6UWIIDSYTIPNKV4AQO3YUVINTTHE774CGE5POVSFA7X7XZOAGW' },
  assets: { USDC: { code: 'USDC', issuer: 'GDJF4ECGWDOM2FCYLWLQJSBHP4QXFPB2C7DMYSEJOYZWF2ZT42U5WVJD' } },
}

test('reads a Stellar chain beside it, and takes of its accounts what it needs', () => {
  const accounts = { ...stellar.accounts, sponsor: account, channels: [account] }
  const { chains } = readConfig(env([chain, { ...stellar, accounts, submissionSec: 60 }]))
  expect(chains.map(({ kind }) => kind)).toEqual(['evm', 'stellar'])
  expect(chains[1]).toEqual({
    ...{ ...stellar, kind: 'stellar', startLedger: 2n, pollMs: 1_000, expectedCloseMs: 5_000 },
    ...{ silentCloses: 12, batchSize: 100, requestTimeoutMs: 10_000 },
  })
})

test.each([
  ['neither Horizon nor RPC', { horizonUrl: undefined }],
  ['an account with a wrong checksum', { accounts: { ...stellar.accounts, cold: account.replace(/E$/, 'F') } }],
  ['no cold account', { accounts: { treasury: account } }],
  ['one account as hot and cold', { accounts: { treasury: account, cold: account } }],
  ['a ledger that nothing comes before', { startLedger: '1' }],
  ['a ledger number that went through a float', { startLedger: 2 }],
  ['an asset code that no ledger has', { assets: { USDC: { ...stellar.assets.USDC, code: 'US DC' } } }],
  ['no passphrase', { passphrase: '' }],
])('refuses of a Stellar chain %s', (_, wrong) => {
  const read = (entry: unknown) => readConfig(env([entry]))
  expect(read(stellar).chains).toHaveLength(1)
  expect(() => read({ ...stellar, ...wrong })).toThrow(expect.objectContaining({ code: 'config_invalid' }))
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
