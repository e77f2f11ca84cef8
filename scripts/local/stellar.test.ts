import { Horizon } from '@stellar/stellar-sdk'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from './bank/testing/eventually.ts'
import { localPassphrase } from './stellar/passphrase.ts'
import { startStellar } from './stellar.ts'
import { setUpStellar } from './stellar-setup.ts'
import { createWorkspace } from './workspace.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const start = async (folder: string, closeMs: number) => {
  const stellar = await startStellar(folder, { closeMs })
  cleanups.push(stellar.stop)
  return { ...stellar, horizon: new Horizon.Server(stellar.url, { allowHttp: true }) }
}
const workspace = () => {
  const { folder, remove } = createWorkspace()
  cleanups.push(remove)
  return folder
}

describe('a Stellar network as a process', () => {
  test('is ready, listens on loopback, and closes ledgers by a clock that keeps to the wall', async () => {
    const { url, horizon, passphrase } = await start(workspace(), 20)
    expect(new URL(url).hostname).toBe('127.0.0.1')
    expect(passphrase).toBe(localPassphrase)
    await eventually(async () => (await horizon.root()).history_latest_ledger >= 20)
    const { records } = await horizon.ledgers().order('desc').limit(1).call()
    expect(Math.abs(Date.parse(records[0]!.closed_at) - Date.now())).toBeLessThan(3_000)
  })

  test('goes on after a kill with the same ledgers', async () => {
    const folder = workspace()
    const first = await start(folder, 20)
    await eventually(async () => (await first.horizon.root()).history_latest_ledger >= 5)
    const before = (await first.horizon.ledgers().limit(5).call()).records.map(({ hash }) => hash)
    await first.kill()
    const second = await start(folder, 20)
    expect((await second.horizon.ledgers().limit(5).call()).records.map(({ hash }) => hash)).toEqual(before)
    await eventually(async () => (await second.horizon.root()).history_latest_ledger > 10)
  })
})

describe('the bridge on it', () => {
  test('two transactions make issuer, assets, treasury, cold, sponsor and channels; a second time nothing is made', async () => {
    const { url, passphrase, horizon } = await start(workspace(), 100)
    const options = { horizonUrl: url, passphrase, seed: 'test', channels: 20 }
    const setup = await setUpStellar(options)
    const transactions = async () => (await horizon.transactions().limit(200).call()).records
    expect(await transactions()).toHaveLength(2)

    const lines = async (account: string) =>
      (await horizon.loadAccount(account)).balances.flatMap(line =>
        'asset_code' in line ? [`${line.asset_code}:${line.asset_issuer} ${line.balance}`] : [],
      )
    const issuer = setup.issuer.publicKey()
    expect(await lines(setup.treasury.publicKey())).toEqual([
      `USDC:${issuer} 10000000.0000000`,
      `EURC:${issuer} 10000000.0000000`,
    ])
    expect(await lines(setup.cold.publicKey())).toEqual([`USDC:${issuer} 0.0000000`, `EURC:${issuer} 0.0000000`])
    expect(setup.channels).toHaveLength(20)
    for (const channel of setup.channels) await horizon.loadAccount(channel.publicKey())

    const again = await setUpStellar(options)
    expect(again.treasury.secret()).toBe(setup.treasury.secret())
    expect(await transactions()).toHaveLength(2)
    // More channels later: only they are made.
    await setUpStellar({ ...options, channels: 22 })
    expect((await transactions()).at(-1)!.operation_count).toBe(2)
  })
})
