import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Observation } from '../../../indexer/src/observation.ts'
import { inProcessChain } from '../../../test/support/in-process.ts'
import { onramp } from '../../../test/support/onramp.ts'
import { type SagaDatabase, sagaDatabase } from '../../../test/support/saga.ts'
import type { Chain, ChainTx } from '../chains/chain.ts'
import type { WayBack } from '../chains/deposits.ts'
import { BridgeError } from '../errors.ts'
import { proveLedger } from '../ledger/proof.ts'
import { done, type Outcome, refused, unknown } from '../outcome.ts'
import { denyListScreening } from '../policy/screening.ts'
import { terminalStates } from '../transfer/state.ts'
import { depositTurn } from './desk.ts'
import { claimOrders, insertOrder } from './orders.ts'
import { postgresDepositStore } from './postgres-store.ts'

// A chain that says what it is told to, so that every answer is heard; real ones are in test/contracts.
type Says = {
  way: WayBack | 'nothing'
  sends: (Outcome<ChainTx> | 'nothing')[]
  found: Outcome<ChainTx>
  held: boolean
}

let database: SagaDatabase
let says: Says
/** The keys that something was sent under, in order. */
let sent: string[]
beforeAll(async () => {
  database = await sagaDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  says = { way: { kind: 'byUs' }, sends: [], found: refused('not_found', 'never stored'), held: false }
  sent = []
  // What one test leaves lying about is none of the next one's business, but stands in the books.
  await database.owner.query(`update stray_deposits set state = 'person' where state in ('waiting', 'returning', 'self_serve')`)
  await database.owner.query(
    `update deposit_orders set status = 'FAILED', code = 'over' where status in ('PENDING', 'IN_FLIGHT')`,
  )
  await database.owner.query('update inbox set unmatched = false, consumed = revision')
})

const tx: ChainTx = { hash: `0x${'ab'.repeat(32)}`, nonce: '1', sender: 'hot' }
const silent = () => {
  throw new BridgeError('chain_unavailable')
}
const chain = (): Chain => ({
  ...inProcessChain(database.owner),
  tokenAddress: currency => `${currency}:G`,
  find: async () => says.found,
  deposits: {
    ids: terms => [terms.ref],
    prepare: silent,
    wayBack: async () => (says.way === 'nothing' ? silent() : says.way),
    giveBack: async key => {
      sent.push(key)
      const answer = says.sends.shift() ?? done(tx)
      return answer === 'nothing' ? silent() : answer
    },
  },
})
/** One turn of as many processes, with everything due. */
const turns = async (processes = 1) => {
  await database.owner.query(`update deposit_orders set next_at = now() where status in ('PENDING', 'IN_FLIGHT')`)
  await database.owner.query(`update stray_deposits set look_at = now() where state in ('waiting', 'self_serve')`)
  const turn = depositTurn({
    store: postgresDepositStore(database.app),
    chains: new Map([['evm:1', chain()]]),
    screening: denyListScreening({ name: 'list', names: [], accounts: [], addresses: ['GBAD'] }),
    newUuid: randomUUIDv7,
    isHeld: () => says.held,
    log: () => {},
  })
  return Promise.allSettled(Array.from({ length: processes }, () => turn()))
}
const hash = () => `0x${randomBytes(32).toString('hex')}` as const
/** A payment that the saga found no transfer for. */
const told = async (payload: Partial<Observation> = {}, kind = 'depositReceived') => {
  const txHash = hash()
  const observation: Observation = {
    ...{ status: 'included', ref: hash(), token: 'USDC:G', payer: 'GPAYER', payee: 'GHOT', amount: '7000000', sequence: '0' },
    ...{ txHash, blockNumber: '1', blockHash: hash(), logIndex: 0, ...payload },
  }
  const fact = `${txHash}:0`
  await database.owner.query(
    `insert into inbox (source, fact, subject, kind, payload, unmatched) values ('evm:1', $1, $2, $3, $4, true)`,
    [fact, observation.ref, kind, observation],
  )
  return fact
}
const caseOf = async (fact: string) =>
  (await database.owner.query('select state, reason, code, detail, tx_hash, booked from stray_deposits where fact = $1', [fact]))
    .rows[0]
const posted = async (account: string) =>
  (
    await database.owner.query(`select coalesce(sum(posted), 0)::text as minor from ledger_balances where account_id = $1`, [
      account,
    ])
  ).rows[0].minor
const books = () => Promise.all(['treasury:evm:1:USDC', 'customer_clearing:USDC'].map(posted))
const clearingLaw = async () => {
  const scope = { terminalStates, escrows: [], askBanks: async () => [] }
  return (await proveLedger(database.owner, scope)).laws.find(({ name }) => name.startsWith('clearing'))?.ok
}

describe('money that no transfer takes', () => {
  it('is booked as somebody’s, sent back once, and booked out when the chain says so', async () => {
    const before = await books()
    const fact = await told()
    await turns(4)
    expect(await caseOf(fact)).toMatchObject({ state: 'returning', reason: 'reference_unknown', booked: '7000000' })
    expect(await books()).toEqual([String(BigInt(before[0]!) + 7_000_000n), String(BigInt(before[1]!) - 7_000_000n)])
    expect(await clearingLaw()).toBe(true)
    says.found = unknown('on its way')
    await turns(4)
    expect((await caseOf(fact)).state).toBe('returning')
    says.found = done(tx)
    await turns(4)
    expect(await caseOf(fact)).toMatchObject({ state: 'returned', tx_hash: tx.hash })
    expect(sent).toHaveLength(1)
    expect(await books()).toEqual(before)
    expect(await clearingLaw()).toBe(true)
  })

  it.each<[string, Says['sends'][number]]>([
    ['the answer is lost', unknown('time-out')],
    ['nothing answers', 'nothing'],
  ])('goes under one key, and is asked about before it is sent again, when %s', async (_what, first) => {
    says.sends = [first]
    const fact = await told()
    await turns()
    says.found = unknown('stored')
    await turns()
    expect(sent).toHaveLength(1)
    says.found = refused('not_found', 'never stored')
    await turns()
    expect(new Set(sent).size).toBe(1)
    says.found = done(tx)
    await turns()
    expect((await caseOf(fact)).state).toBe('returned')
  })

  it.each([
    ['trustline_missing', 'person'],
    ['deposit_absent', 'waiting'],
    ['escrow_expired', 'waiting'],
  ])('that is refused with %s is %s', async (code, state) => {
    says.sends = [refused(code, 'no')]
    const fact = await told()
    await turns()
    expect(await caseOf(fact)).toMatchObject({ state, code })
  })

  it('that was refused and can go after all goes under another key', async () => {
    says.sends = [refused('escrow_expired', 'no')]
    const fact = await told({ balanceId: '00' })
    await turns()
    await turns()
    says.found = done(tx)
    await turns()
    expect((await caseOf(fact)).state).toBe('returned')
    expect(new Set(sent).size).toBe(2)
    // A balance had never reached the treasury.
    expect((await caseOf(fact)).booked).toBe('0')
  })

  it.each<[string, WayBack, string]>([
    ['is its payer’s to take', { kind: 'byItself', from: 1_900_000_000 }, 'self_serve'],
    ['is not there any more', { kind: 'over' }, 'gone'],
    ['is nobody’s to move', { kind: 'none', detail: 'odd' }, 'person'],
  ])('that %s moves nothing of ours', async (_what, way, state) => {
    says.way = way
    const fact = await told({ balanceId: '00' })
    await turns(3)
    expect((await caseOf(fact)).state).toBe(state)
    expect(sent).toEqual([])
  })

  it('of somebody on the deny-list stays, and stands in the books', async () => {
    const fact = await told({ payer: 'GBAD' })
    await turns()
    expect(await caseOf(fact)).toMatchObject({ state: 'person', code: 'screening_refused' })
    expect(sent).toEqual([])
    expect(await clearingLaw()).toBe(true)
    await database.owner.query(`update stray_deposits set state = 'waiting', payer = 'GGOOD' where fact = $1`, [fact])
    await turns()
    says.found = done(tx)
    await turns()
    expect((await caseOf(fact)).state).toBe('returned')
  })

  it('waits while an operator lets its chain stand still', async () => {
    says.held = true
    const fact = await told()
    await turns(2)
    expect([sent, (await caseOf(fact)).state]).toEqual([[], 'returning'])
    says.held = false
    await turns()
    says.found = done(tx)
    await turns()
    expect([sent.length, (await caseOf(fact)).state]).toEqual([1, 'returned'])
  })

  it('waits while its chain does not answer', async () => {
    says.way = 'nothing'
    const fact = await told()
    const [turn] = await turns()
    expect([turn?.status, (await caseOf(fact)).state]).toEqual(['rejected', 'waiting'])
    says.way = { kind: 'byUs' }
    await turns()
    expect((await caseOf(fact)).state).toBe('returning')
  })

  it('whose block leaves the chain never was, and is one case when it comes again', async () => {
    says.way = { kind: 'byItself', from: 1_900_000_000 }
    const { treasury } = chain()
    const fact = await told({ payee: treasury, escrowId: hash() }, 'escrowLocked')
    await turns()
    const again = async (status: string) => {
      await database.owner.query(
        `update inbox set payload = payload || jsonb_build_object('status', $2::text), revision = revision + 1, unmatched = true where fact = $1`,
        [fact, status],
      )
      await turns()
      return (await caseOf(fact)).state
    }
    expect(await again('orphaned')).toBe('gone')
    expect(await again('included')).toBe('self_serve')
    expect((await database.owner.query('select from stray_deposits where fact = $1', [fact])).rowCount).toBe(1)
  })

  it('finer than a minor unit, or of no currency of ours, goes back whole and is booked as far as it can be', async () => {
    const facts = [await told({ token: 'native' }), await told({ amount: '0' })]
    await turns()
    expect(await Promise.all(facts.map(async fact => (await caseOf(fact)).booked))).toEqual(['0', '0'])
    expect(sent).toHaveLength(2)
  })

  it('under the ref of an on-ramp is not expected, and is its tenant’s', async () => {
    const { id, tenant, terms } = onramp()
    await database.owner.query(
      `insert into transfers (id, tenant, route, definition, state, version, terms, progress, escrow_ref)
       values ($1, $2, 'onramp', 4, 'locking', 1, $3, '{"attempts":{}}', $4)`,
      [id, tenant, terms, terms.hold.ref],
    )
    const fact = await told({ ref: terms.hold.ref as Observation['ref'] })
    await turns()
    expect(await caseOf(fact)).toMatchObject({ reason: 'not_expected' })
  })
})

describe('orders that wait', () => {
  it('leave room on a chain: four returns at once, and every signed lock and every return from an address', async () => {
    const { terms } = onramp()
    const hold = { ...terms.hold, refundAfter: 1, hardDeadline: 2 }
    const money = { fact: '', escrowId: null, token: '', units: '1', payer: '', balanceId: null, refundAfter: null }
    for (let index = 0; index < 9; index++)
      await insertOrder(database.app, {
        ...{ key: `back-${index}`, chain: 'evm:1', kind: 'giveBack', subject: `sd_${index}` },
        request: { ...money, address: null },
      })
    // Of these each address has only so many.
    for (let index = 0; index < 6; index++)
      await insertOrder(database.app, {
        ...{ key: `from-${index}`, chain: 'evm:1', kind: 'giveBack', subject: `sd_from_${index}` },
        request: { ...money, address: hold },
      })
    for (let index = 0; index < 6; index++)
      await insertOrder(database.app, {
        ...{ key: `lock-${index}`, chain: 'evm:1', kind: 'lockSigned', subject: `tr_${index}` },
        request: { terms: hold, signed: { validAfter: 0, validBefore: 1, signature: '0x' } },
      })
    const claim = async () =>
      (await claimOrders(database.app, ['evm:1'], { leaseMs: 60_000, returning: 4, limit: 50 })).map(({ key }) => key.slice(0, 4))
    const first = await claim()
    expect(['back', 'from', 'lock'].map(kind => first.filter(key => key === kind).length)).toEqual([4, 6, 6])
    expect(await claim()).toEqual([])
    await database.owner.query(`update deposit_orders set status = 'SUCCEEDED' where key = 'back-0'`)
    expect(await claim()).toEqual(['back'])
  })
})
