import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { Asset, Operation } from '@stellar/stellar-sdk'
import { afterEach, expect, test } from 'vitest'
import { createWorkspace } from '../workspace.ts'
import { openLocal } from './testing/local.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const folder = () => {
  const workspace = createWorkspace()
  cleanups.push(workspace.remove)
  return workspace.folder
}
const open = async (where: string, genesisTime?: number) => {
  const local = await openLocal({ folder: where, ...(genesisTime === undefined ? {} : { genesisTime }) })
  return local
}

test('a network that is started again has the same ledgers, history, balances and queue', async () => {
  const where = folder()
  const before = await open(where)
  const alice = await before.closeUntil(before.wallet.fund())
  const payment = Operation.payment({
    destination: before.node.network().state.accounts()[0]!.id,
    asset: Asset.native(),
    amount: '2',
  })
  await before.closeUntil(before.wallet.send(alice, [payment]))
  const waiting = await before.wallet.build(alice, [payment])
  await before.horizon.submitAsyncTransaction(waiting)
  const hashes = before.node.network().ledgers.map(({ hash }) => hash)
  const account = await before.horizon.loadAccount(alice.publicKey())
  const transactions = (await before.get('/transactions?limit=200')).body._embedded.records
  await before.close()
  // Half a line, as a kill leaves it.
  appendFileSync(join(where, 'stellar.jsonl'), '{"type":"clo')

  const after = await open(where)
  cleanups.push(after.close)
  expect(after.node.network().ledgers.map(({ hash }) => hash)).toEqual(hashes)
  expect(await after.horizon.loadAccount(alice.publicKey())).toMatchObject({
    sequence: account.sequence,
    balances: account.balances,
  })
  const again = (await after.get('/transactions?limit=200')).body._embedded.records
  const bare = (records: { _links?: unknown }[]) => records.map(({ _links, ...record }) => record)
  expect(bare(again)).toEqual(bare(transactions))
  after.node.close()
  const found = await after.horizon.transactions().transaction(Buffer.from(waiting.hash()).toString('hex')).call()
  expect(found.successful).toBe(true)
})

test('after a reset only the new network is kept', async () => {
  const where = folder()
  const before = await open(where, 1_600_000_000)
  before.node.close(1_600_000_005)
  before.node.reset(1_700_000_000)
  before.node.close(1_700_000_005)
  const { hash } = before.node.network().last()
  await before.close()
  const after = await open(where)
  cleanups.push(after.close)
  expect(after.node.network().last()).toMatchObject({ sequence: 2, hash, closeTime: 1_700_000_005 })
})

test('a folder that holds a network of another passphrase is refused', async () => {
  const where = folder()
  await (await open(where)).close()
  await expect(openLocal({ folder: where, passphrase: 'another' })).rejects.toThrow(/another passphrase|with the passphrase/)
})
