import { Operation, type Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChainOrder, HoldTerms } from '../../bridge-service/src/chains/chain.ts'
import type { StellarChain } from '../../bridge-service/src/chains/stellar/adapter.ts'
import type { StellarTask } from '../../bridge-service/src/chains/stellar/task.ts'
import { type Indexer, startIndexer } from '../../indexer/src/indexer.ts'
import type { Observation } from '../../indexer/src/observation.ts'
import { openTables, type Tables } from '../../indexer/support/tables.ts'
import { isRealNetwork, newKey, type StellarScene, startStellarWorld } from '../support/stellar-world.ts'
import { until } from '../support/until.ts'

// What the bridge does on a Stellar network, told by the indexer, which knows nothing of the bridge but what stands on the ledger.
let world: Awaited<ReturnType<typeof startStellarWorld>>
let scene: StellarScene
let chain: StellarChain
let indexer: Indexer
let tables: Tables

beforeAll(async () => {
  world = await startStellarWorld()
  scene = await world.open()
  chain = scene.adapter()
  tables = openTables(scene.databaseUrl)
  const { horizonUrl, setup } = scene
  indexer = await startIndexer(
    {
      ...{ databaseUrl: scene.databaseUrl, host: '127.0.0.1', port: 0 },
      chains: [
        {
          ...{ kind: 'stellar', id: 'stellar:local', horizonUrl, passphrase: setup.passphrase },
          accounts: { treasury: setup.treasury.publicKey(), cold: setup.cold.publicKey() },
          assets: { USDC: { code: 'USDC', issuer: setup.issuer.publicKey() } },
          ...{ startLedger: BigInt((await scene.newest()).sequence), pollMs: 20, expectedCloseMs: 60_000, silentCloses: 100 },
          ...{ batchSize: 100, requestTimeoutMs: 5_000 },
        },
      ],
    },
    () => {},
  )
})
afterAll(async () => {
  await indexer?.stop()
  await tables?.close()
  await scene?.end()
  await world?.stop()
})

const settled = (key: string) =>
  until('a fate', async () => {
    await chain.tend()
    const found = await chain.find(key)
    return found.kind === 'unknown' ? undefined : found
  })
const carryOut = async (action: ChainOrder['action'], terms: HoldTerms) => {
  const order = scene.order(action, terms)
  await chain.submit(order)
  await scene.close()
  const outcome = await settled(order.key)
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome))
  return outcome.value
}
const locked = async (overrides: Partial<HoldTerms> = {}) => {
  const terms = scene.terms(overrides)
  return { terms, lock: await carryOut('lock', terms) }
}
type Told = { kind: string; fact: string; payload: Observation }
const told = async (ref: string, count: number): Promise<Told[]> => {
  const ask = () =>
    tables.all(`select kind, fact, payload from inbox where subject = $1 order by (payload->>'blockNumber')::int`, [ref])
  return (await until(`${count} facts`, async () => {
    const rows = await ask()
    return rows.length >= count ? rows : undefined
  })) as Told[]
}

describe('the indexer tells of', () => {
  test('a lock under the id that the bridge knew before it sent anything, and of its release', async () => {
    const customer = (await scene.customer()).publicKey()
    const { terms, lock } = await locked({ payee: customer })
    const release = await carryOut('release', terms)
    const facts = await told(terms.ref, 2)
    const about = { escrowId: chain.escrowId(terms), ref: terms.ref, token: chain.tokenAddress('USDC'), amount: '1002500000' }
    expect(facts).toMatchObject([
      { kind: 'escrowLocked', payload: { ...about, payer: terms.payer, txHash: lock.hash } },
      { kind: 'escrowReleased', payload: { ...about, payee: customer, txHash: release.hash, balance: 'hold' } },
    ])
  })

  test('a release to a customer without a trustline, who collects it later', async () => {
    const customer = await scene.customer({ line: false })
    const { terms } = await locked({ payee: customer.publicKey() })
    await carryOut('release', terms)
    const [, released] = await told(terms.ref, 2)
    expect(released).toMatchObject({ kind: 'escrowReleased', payload: { payee: customer.publicKey() } })
    const { balanceId } = released!.payload
    await scene.transact(customer, [
      Operation.changeTrust({ asset: scene.usdc }),
      Operation.claimClaimableBalance({ balanceId: balanceId! }),
    ])
    expect((await told(terms.ref, 3))[2]).toMatchObject({ kind: 'deliveryClaimed', payload: { balance: 'delivery' } })
  })

  test('a refund, and of one that was minted and is burned', async () => {
    for (const payer of [scene.setup.treasury.publicKey(), scene.setup.issuer.publicKey()]) {
      const { terms } = await locked({ payer })
      await carryOut('refund', terms)
      expect(await told(terms.ref, 2)).toMatchObject([
        { kind: 'escrowLocked', payload: { payer, escrowId: chain.escrowId(terms) } },
        { kind: 'escrowRefunded', payload: { payer, escrowId: chain.escrowId(terms) } },
      ])
    }
  })

  test.skipIf(isRealNetwork)('a refund by the cold account, whose payment to the treasury is no deposit', async () => {
    const { terms } = await locked({ refundAfter: (await scene.newest()).closeTime + 60 })
    await scene.close(1, 100)
    await carryOut('refund', terms)
    await scene.close(2)
    expect((await told(terms.ref, 2)).map(({ kind }) => kind)).toEqual(['escrowLocked', 'escrowRefunded'])
  })

  test('a deposit that the bridge prepared, and of its claim', async () => {
    const customer = await scene.customer()
    await scene.transact(scene.setup.treasury, [
      Operation.payment({ destination: customer.publicKey(), asset: scene.usdc, amount: '500' }),
    ])
    const { ref } = scene.terms()
    const deposit = {
      ...{ ref, currency: 'USDC' as const, amountMinor: '100250000', customer: customer.publicKey() },
      refundAfter: (await scene.newest()).closeTime + 600,
    }
    const { envelope, balanceId } = await chain.prepareDeposit(deposit)
    const tx = TransactionBuilder.fromXdr(envelope, scene.setup.passphrase) as Transaction
    tx.sign(customer)
    await scene.horizon.submitAsyncTransaction(tx)
    await scene.close()
    const [received] = await told(ref, 1)
    expect(received).toMatchObject({
      kind: 'depositReceived',
      payload: { payer: customer.publicKey(), amount: '1002500000', balanceId },
    })
    const task: StellarTask = { action: 'claimDeposit', terms: deposit, balanceId }
    const key = newKey()
    await chain.order({ key, task })
    await scene.close()
    await settled(key)
    expect((await told(ref, 2))[1]).toMatchObject({ kind: 'escrowReleased', payload: { balance: 'deposit' } })
  })
})
