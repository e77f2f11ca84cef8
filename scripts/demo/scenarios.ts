import { randomUUID } from 'node:crypto'
import { createTestClient, encodeFunctionData, http, publicActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { markFork } from '../local/reorg.ts'
import type { World } from '../local/world.ts'
import { depositScenarios } from './deposit-scenarios.ts'
import { rebalanceScenarios } from './rebalance-scenarios.ts'
import { remittanceScenarios } from './remittance-scenarios.ts'
import { endsAs, follow, must, post, type Scenario, type Stage } from './stage.ts'
import { stellarScenarios } from './stellar-scenarios.ts'

const customer = '0x90F79bf6EB2c4f870365E785982E1f101E93b906'

const order = (world: World, value: string, rail: 'ach' | 'wire' = 'ach') => ({
  source: { type: 'bank_account', rail, name: 'Ada Lovelace', accountNumber: '1234567890', routingNumber: '021000021' },
  destination: { type: 'chain_address', chain: world.chain, asset: 'USDC', address: customer },
  amount: { value, asset: 'USD' },
})

const bankDebitsOf = async ({ world }: Stage, id: string): Promise<number> => {
  const { data } = (await (await fetch(`${world.bank.url}/admin/transfers`)).json()) as {
    data: { description?: string; direction: string }[]
  }
  return data.filter(transfer => transfer.description === id && transfer.direction === 'debit').length
}

const arm = async ({ world }: Stage, fault: Record<string, unknown>): Promise<void> => {
  const response = await fetch(`${world.bank.url}/admin/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  })
  must(response.status === 201, `the bank refused the fault: ${await response.text()}`)
}

/** The escrow's guardian pauses it, or its admin lets it go on. */
const guard = async ({ world }: Stage, functionName: 'pause' | 'unpause'): Promise<void> => {
  const node = createTestClient({ mode: 'hardhat', transport: http(world.evm.url), pollingInterval: 20 }).extend(publicActions)
  const { address, key } = world.contracts.admin
  const hash = await node.sendRawTransaction({
    serializedTransaction: await privateKeyToAccount(key).signTransaction({
      type: 'eip1559',
      chainId: world.contracts.chainId,
      nonce: await node.getTransactionCount({ address, blockTag: 'pending' }),
      to: world.contracts.escrow,
      data: encodeFunctionData({ abi: escrowAbi, functionName, args: [world.contracts.token] }),
      gas: 200_000n,
      maxFeePerGas: 20_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
    }),
  })
  const receipt = await node.waitForTransactionReceipt({ hash, timeout: 10_000 })
  must(receipt.status === 'success', `${functionName} reverted`)
}

export const scenarios: readonly Scenario[] = [
  {
    letter: 'a',
    name: 'onramp_completes',
    title: 'Dollars debited, stablecoins locked, final, released',
    play: async stage => {
      const { id } = await post(stage, order(stage.world, '100.25'))
      await follow(stage, id)
      await endsAs(stage, id, 'completed')
    },
  },
  {
    letter: 'b',
    name: 'lock_fails_and_is_compensated',
    title: 'The escrow is paused: the lock fails and the dollars come back',
    play: async stage => {
      await guard(stage, 'pause')
      try {
        const { id } = await post(stage, order(stage.world, '75.00'))
        await follow(stage, id)
        const { failure } = await endsAs(stage, id, 'compensated')
        must(failure?.code === 'TokenIsPaused', `it failed for another reason: ${failure?.code}`)
      } finally {
        await guard(stage, 'unpause')
      }
    },
  },
  {
    letter: 'c',
    name: 'bank_timeout_money_moved',
    title: 'The bank takes the debit and its answer is lost: unknown, asked, one debit',
    play: async stage => {
      await arm(stage, { kind: 'drop_after', match: { direction: 'debit' }, times: 1 })
      const { id } = await post(stage, order(stage.world, '42.42'))
      const events = await follow(stage, id)
      await endsAs(stage, id, 'completed')
      must(
        events.some(event => event.type === 'debitUnknown'),
        'the debit was never unknown',
      )
      const debits = await bankDebitsOf(stage, id)
      must(debits === 1, `the bank has ${debits} debits`)
      stage.narrator.say(`          the bank has ${debits} debit for ${id}`)
    },
  },
  {
    letter: 'd',
    name: 'fifty_posts_one_transfer',
    title: 'The same POST fifty times at once: one transfer',
    play: async stage => {
      const key = randomUUID()
      const answers = await Promise.all(Array.from({ length: 50 }, () => post(stage, order(stage.world, '10.00'), key)))
      const ids = new Set(answers.map(answer => answer.id))
      must(ids.size === 1, `fifty POSTs made ${ids.size} transfers`)
      const [id] = ids as Set<string> & { [Symbol.iterator](): Iterator<string> }
      stage.narrator.say(`          fifty answers, one id: ${id}`)
      await follow(stage, id!)
      await endsAs(stage, id!, 'completed')
      const debits = await bankDebitsOf(stage, id!)
      must(debits === 1, `the bank has ${debits} debits`)
    },
  },
  {
    letter: 'e',
    name: 'kill_9_and_restart',
    title: 'kill -9 of service and indexer in mid-saga, restart, completion',
    play: async stage => {
      const { world, narrator } = stage
      const { id } = await post(stage, order(stage.world, '64.00'))
      let killed = false
      let restarted: Promise<unknown> = Promise.resolve()
      await follow(stage, id, async event => {
        if (killed || event.type !== 'debitSettled') return
        killed = true
        await Promise.all([world.service().kill('SIGKILL'), world.indexer().kill('SIGKILL')])
        narrator.say('          kill -9: service and indexer are gone')
        restarted = Promise.all([world.startService(), world.startIndexer()])
      })
      await restarted
      must(killed, 'nothing was killed')
      await endsAs(stage, id, 'completed')
      const debits = await bankDebitsOf(stage, id)
      must(debits === 1, `the bank has ${debits} debits`)
    },
  },
  {
    letter: 'f',
    name: 'reorg_removes_the_lock',
    title: 'A reorg removes the lock before it is final: the lock is sent again, one escrow',
    play: async stage => {
      const { world, narrator } = stage
      // Over a thousand the policy asks for twice the confirmations; and so much by ACH would wait three days for clearing.
      const { id } = await post(stage, order(world, '2500.00', 'wire'))
      let fork: Awaited<ReturnType<typeof markFork>> | undefined
      let forked = false
      const events = await follow(stage, id, async event => {
        if (event.type === 'debitSubmitted') fork = await markFork(world.evm.url)
        if (event.type !== 'escrowLocked' || forked || fork === undefined) return
        forked = true
        const { orphaned } = await fork.reorg()
        narrator.say(`          reorg: ${orphaned} blocks above ${fork.height} are replaced by others`)
      })
      await endsAs(stage, id, 'completed')
      const locks = events.filter(event => event.type === 'escrowLocked')
      must(
        events.some(event => event.type === 'lockOrphaned'),
        'the lock was never orphaned',
      )
      must(locks.length === 2 && locks[0]!.place!.blockHash !== locks[1]!.place!.blockHash, 'the lock was not included again')
    },
  },
  ...stellarScenarios,
  ...remittanceScenarios,
  ...depositScenarios,
  ...rebalanceScenarios,
]
