import pg from 'pg'
import { encodeFunctionData } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../../../contracts/abi/test-dollar.ts'
import { evmAccount } from '../../../../scripts/local/evm-accounts.ts'
import { type EvmScene, frozenAt, startEvmWorld } from '../../../../test/support/evm-world.ts'

let world: Awaited<ReturnType<typeof startEvmWorld>>
let scene: EvmScene
beforeAll(async () => {
  world = await startEvmWorld()
})
afterAll(() => world?.stop())
beforeEach(async () => {
  scene = await world.open()
})
afterEach(() => scene.close())

const payee = evmAccount(7).address

const stored = () => scene.rows<{ nonce: string; status: string }>('select nonce, status from evm_txs order by sender, nonce')

describe('an order that the chain takes', () => {
  test('lock, then release: two senders, each from its own lane, and the payee has the money', async () => {
    const chain = scene.adapter()
    const terms = scene.terms()
    const lock = scene.order('lock', terms)
    const locked = await chain.submit(lock)
    expect(locked).toMatchObject({ kind: 'done', value: { sender: scene.deployment.treasury.address } })
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    await scene.mine()
    expect(await chain.find(lock.key)).toEqual(locked)

    const release = scene.order('release', terms)
    const released = await chain.submit(release)
    expect(released).toMatchObject({ kind: 'done', value: { sender: scene.deployment.operator.address, nonce: '0' } })
    await scene.mine()
    expect(await chain.find(release.key)).toEqual(released)

    expect(await chain.balanceOf('USDC', terms.payee)).toBe('100250000')
    const [event] = await scene.events('Released', terms.ref)
    expect(event?.args).toMatchObject({ id: chain.escrowId(terms), amount: 100_250_000n, payee: terms.payee })
  })

  test('a refund gives the money back to the payer', async () => {
    const chain = scene.adapter()
    const terms = scene.terms()
    const before = await chain.balanceOf('USDC', chain.treasury)
    await chain.submit(scene.order('lock', terms))
    await scene.mine()
    expect(await chain.balanceOf('USDC', chain.treasury)).toBe((BigInt(before) - 100_250_000n).toString())
    const refund = scene.order('refund', terms)
    await chain.submit(refund)
    await scene.mine()
    expect(await chain.find(refund.key)).toMatchObject({ kind: 'done' })
    expect(await chain.balanceOf('USDC', chain.treasury)).toBe(before)
  })

  test('50 at once, by two processes, get 50 nonces without a gap and 50 escrows', async () => {
    const processes = [scene.adapter(), scene.adapter()]
    const first = await scene.client.getTransactionCount({ address: scene.deployment.treasury.address })
    const orders = Array.from({ length: 50 }, () => scene.order('lock'))
    const outcomes = await Promise.all(orders.map((order, index) => processes[index % 2]!.submit(order)))
    const nonces = outcomes.map(outcome => (outcome.kind === 'done' ? Number(outcome.value.nonce) : -1)).sort((a, b) => a - b)
    expect(nonces).toEqual(Array.from({ length: 50 }, (_, index) => first + index))
    await scene.mine(2)
    expect(new Set((await scene.events('Locked')).map(event => event.args.ref))).toEqual(
      new Set(orders.map(order => order.terms.ref)),
    )
    const found = await Promise.all(orders.map(order => processes[0]!.find(order.key)))
    expect(found.map(outcome => outcome.kind)).toEqual(Array.from({ length: 50 }, () => 'done'))
  })
})

describe('the same order again', () => {
  test('gives the same transaction, before and after it is mined, without a second signature', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    const once = await chain.submit(lock)
    expect(await chain.submit(lock)).toEqual(once)
    await scene.mine()
    // Not a word about it in our database yet: simulated now, the contract would refuse it as a second one.
    expect(await chain.submit(lock)).toEqual(once)
    await chain.tend()
    expect(await scene.adapter().submit(lock)).toEqual(once)
    expect(await scene.rows('select from evm_tx_versions')).toHaveLength(1)
    expect(await scene.events('Locked')).toHaveLength(1)
  })

  test('20 times at once, by two processes, is one transaction', async () => {
    const processes = [scene.adapter(), scene.adapter()]
    const lock = scene.order('lock')
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => processes[index % 2]!.submit(lock)))
    expect(new Set(outcomes.map(outcome => JSON.stringify(outcome))).size).toBe(1)
    expect(outcomes[0]).toMatchObject({ kind: 'done' })
    expect(await stored()).toHaveLength(1)
    await scene.mine()
    expect(await scene.events('Locked')).toHaveLength(1)
  })

  test('is not refused when its twin is mined between look-up and simulation', async () => {
    const lock = scene.order('lock')
    const held = Promise.withResolvers<undefined>()
    const arrived = Promise.withResolvers<void>()
    scene.proxy.fault = method => {
      if (method !== 'eth_estimateGas') return undefined
      arrived.resolve()
      return held.promise
    }
    const slow = scene.adapter().submit(lock)
    await arrived.promise
    scene.proxy.fault = () => undefined
    const quick = await scene.adapter().submit(lock)
    await scene.mine()
    held.resolve(undefined)
    expect(quick.kind).toBe('done')
    expect(await slow).toEqual(quick)
  })

  test('with other terms under the same key is a conflict', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    const other = scene.order('lock', scene.terms({ amountMinor: '1' }), lock.key)
    await expect(chain.submit(other)).rejects.toMatchObject({ code: 'idempotency_conflict' })
    expect(await stored()).toHaveLength(1)
  })
})

describe('an order that the contract refuses', () => {
  // Who was told of a refusal has acted upon it: the customer has his money back, or another attempt is under way.
  test('while paused is refused by name, for ever: a key has one answer, and another attempt has another key', async () => {
    const chain = scene.adapter()
    await scene.asAdmin('pause')
    const lock = scene.order('lock')
    const refusal = await chain.submit(lock)
    expect(refusal).toMatchObject({ kind: 'refused', code: 'TokenIsPaused' })
    expect(await stored()).toEqual([])
    expect(await chain.find(lock.key)).toEqual(refusal)
    await scene.asAdmin('unpause')
    expect(await chain.submit(lock)).toEqual(refusal)
    expect(await scene.adapter().find(lock.key)).toEqual(refusal)
    expect(await chain.submit(scene.order('lock', lock.terms))).toMatchObject({ kind: 'done' })
    // The lane was opened by the refusal: that the chain knew more of it than we did is no news.
    expect(scene.notices.filter(({ type }) => type === 'laneRaised')).toEqual([])
  })

  test('with other terms under the key of a refusal is a conflict', async () => {
    const chain = scene.adapter()
    const order = scene.order('release')
    expect(await chain.submit(order)).toMatchObject({ kind: 'refused' })
    const other = scene.order('release', scene.terms({ amountMinor: '1' }), order.key)
    await expect(chain.submit(other)).rejects.toMatchObject({ code: 'idempotency_conflict' })
  })

  test('after another worker was told that it passes: that one finds the refusal when it wakes up, and signs nothing', async () => {
    const frozen = frozenAt('simulated')
    const lock = scene.order('lock')
    const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).submit(lock)
    await frozen.reached
    await scene.asAdmin('pause')
    const refusal = await scene.adapter().submit(lock)
    expect(refusal).toMatchObject({ kind: 'refused', code: 'TokenIsPaused' })
    await scene.asAdmin('unpause')
    frozen.thaw()
    expect(await sleeper).toEqual(refusal)
    expect(await stored()).toEqual([])
    await scene.adapter().tend()
    await scene.mine()
    expect(await scene.events('Locked', lock.terms.ref)).toEqual([])
    // No nonce is missing either: the next one is mined.
    await scene.adapter().submit(scene.order('lock'))
    await scene.mine()
    expect(await scene.events('Locked')).toHaveLength(1)
  })

  test('in a batch with others: they get their nonces without a gap, and it gets none', async () => {
    const refused = scene.order('lock')
    const frozen = frozenAt('simulated')
    const sleepy = scene.adapter({ checkpoint: frozen.checkpoint })
    const others = Array.from({ length: 3 }, () => scene.order('lock'))
    const batch = [others[0]!, refused, others[1]!, others[2]!].map(order => sleepy.submit(order))
    await frozen.reached
    await scene.asAdmin('pause')
    await scene.adapter().submit(refused)
    await scene.asAdmin('unpause')
    frozen.thaw()
    expect((await Promise.all(batch)).map(({ kind }) => kind)).toEqual(['done', 'refused', 'done', 'done'])
    await scene.mine()
    expect(await scene.events('Locked')).toHaveLength(3)
  })

  test('after another worker has stored it: what is stored counts, and the refusal is forgotten', async () => {
    const frozen = frozenAt('simulated')
    const lock = scene.order('lock')
    await scene.asAdmin('pause')
    const sleeper = scene.adapter({ checkpoint: frozen.checkpoint }).submit(lock)
    await frozen.reached
    await scene.asAdmin('unpause')
    const quick = await scene.adapter().submit(lock)
    expect(quick).toMatchObject({ kind: 'done' })
    frozen.thaw()
    expect(await sleeper).toEqual(quick)
    expect(await scene.rows('select from evm_refusals')).toEqual([])
    await scene.mine()
    expect(await scene.adapter().find(lock.key)).toEqual(quick)
  })

  test.each([
    ['release', {}, 'EscrowNotOpen'],
    ['lock', { payer: evmAccount(8).address }, 'CallerNotPayer'],
    ['lock', { refundAfter: 1 }, 'RefundAfterPassed'],
    ['lock', { amountMinor: '99000000000000' }, 'ERC20InsufficientBalance'],
  ] as const)('%s with %j: %s', async (action, terms, code) => {
    expect(await scene.adapter().submit(scene.order(action, scene.terms(terms)))).toMatchObject({ kind: 'refused', code })
    expect(await stored()).toEqual([])
  })

  test('on chain only, after a simulation that passed, is refused once that is final and not before', async () => {
    const chain = scene.adapter()
    const terms = scene.terms()
    await chain.submit(scene.order('lock', terms))
    await scene.mine()
    const [first, second] = [scene.order('release', terms), scene.order('release', terms)]
    await chain.submit(first)
    await chain.submit(second)
    await scene.mine()
    await chain.tend()
    expect(await chain.find(first.key)).toMatchObject({ kind: 'done' })
    expect(await chain.find(second.key)).toMatchObject({ kind: 'unknown' })
    expect(scene.notices.filter(notice => notice.type === 'reverted')).toHaveLength(1)
    await scene.mine(3)
    expect(await chain.find(second.key)).toMatchObject({ kind: 'refused', code: 'reverted' })
    await chain.tend()
    expect(await chain.find(second.key)).toMatchObject({ kind: 'refused', code: 'reverted' })
    expect(await chain.submit(second)).toMatchObject({ kind: 'refused', code: 'reverted' })
    expect(await scene.events('Released', terms.ref)).toHaveLength(1)
  })
})

describe('a payout that the token would refuse', () => {
  const lockedTerms = async () => {
    const terms = scene.terms()
    await scene.adapter().submit(scene.order('lock', terms))
    await scene.mine()
    return terms
  }

  test.each([
    ['release', 'the token is paused', ['pause'], ['unpause'], 'EnforcedPause'],
    ['refund', 'the token is paused', ['pause'], ['unpause'], 'EnforcedPause'],
    ['release', 'the payee is denied', ['setDenied', payee, true], ['setDenied', payee, false], 'DeniedAccount'],
  ] as const)(
    '%s while %s: refused by the name of the token’s error, and another attempt is sent when it would pay',
    async (action, _, forbid, allow, code) => {
      const chain = scene.adapter()
      const terms = await lockedTerms()
      await scene.asIssuer(...forbid)
      const order = scene.order(action, terms)
      expect(await chain.submit(order)).toMatchObject({ kind: 'refused', code })
      expect(await chain.find(order.key)).toMatchObject({ kind: 'refused', code })
      await scene.asIssuer(...allow)
      expect(await chain.submit(scene.order(action, terms))).toMatchObject({ kind: 'done' })
      await scene.mine()
      expect(await scene.events(action === 'release' ? 'Released' : 'Refunded', terms.ref)).toHaveLength(1)
      expect(await scene.events('Credited', terms.ref)).toEqual([])
    },
  )

  test('only after it was sent: released all the same, and the payee has a credit', async () => {
    const chain = scene.adapter()
    const terms = await lockedTerms()
    const release = scene.order('release', terms)
    await chain.submit(release)
    // The control: nobody else keeps the escrow from crediting.
    const { hash } = await denyAhead()
    await scene.mine()
    expect((await scene.client.getTransactionReceipt({ hash })).status).toBe('success')
    expect(await chain.find(release.key)).toMatchObject({ kind: 'done' })
    const [credited] = await scene.events('Credited', terms.ref)
    expect(credited?.args).toMatchObject({ owner: terms.payee, amount: 100_250_000n })
    expect(await chain.balanceOf('USDC', terms.payee)).toBe('0')
  })

  /** Into the same block, but before everything else that waits for it. */
  const denyAhead = async () => {
    const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'setDenied', args: [payee, true] })
    const { key } = scene.deployment.admin
    const hash = await scene.client.sendTransaction({
      ...{ account: privateKeyToAccount(key), chain: null, to: scene.deployment.token, data },
      ...{ maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n },
    })
    return { hash }
  }
})

describe('a node that does not answer', () => {
  test('before anything is stored: chain_unavailable, and the order may be tried again', async () => {
    const chain = scene.adapter()
    scene.proxy.fault = () => 'requestLost'
    const lock = scene.order('lock')
    const refusal = await chain.submit(lock).catch(error => error)
    expect(refusal).toMatchObject({ code: 'chain_unavailable' })
    // An RPC URL often holds a secret.
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain(new URL(scene.proxy.url).host)
    await expect(chain.tend()).rejects.toMatchObject({ code: 'chain_unavailable' })
    expect(await stored()).toEqual([])
    scene.proxy.fault = () => undefined
    expect(await chain.submit(lock)).toMatchObject({ kind: 'done' })
  })

  test.each(['eth_estimateGas', 'eth_getTransactionCount', 'eth_getBlockByNumber'])('to %s: nothing is stored', async lost => {
    const chain = scene.adapter()
    scene.proxy.fault = method => (method === lost ? 'answerLost' : undefined)
    await expect(chain.submit(scene.order('lock'))).rejects.toMatchObject({ code: 'chain_unavailable' })
    expect(await stored()).toEqual([])
  })

  test('to the look-up of a fate: unknown', async () => {
    const chain = scene.adapter()
    const lock = scene.order('lock')
    await chain.submit(lock)
    await scene.mine()
    scene.proxy.fault = () => 'requestLost'
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
  })

  test.each(['answerLost', 'requestLost'] as const)('to the broadcast (%s): unknown, then one escrow', async fault => {
    const chain = scene.adapter()
    scene.proxy.fault = method => (method === 'eth_sendRawTransaction' ? fault : undefined)
    const lock = scene.order('lock')
    expect(await chain.submit(lock)).toMatchObject({ kind: 'unknown' })
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'unknown' })
    scene.proxy.fault = () => undefined
    await chain.tend()
    await scene.mine()
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'done' })
    expect(await scene.events('Locked')).toHaveLength(1)
    expect(new Set(scene.proxy.broadcasts).size).toBe(1)
  })

  test('to the broadcast with a refusal (no gas left): unknown, said aloud, and sent once there is some', async () => {
    const chain = scene.adapter()
    const address = scene.deployment.treasury.address
    await scene.client.setBalance({ address, value: 1n })
    const lock = scene.order('lock')
    expect(await chain.submit(lock)).toMatchObject({ kind: 'unknown' })
    expect(scene.notices.map(notice => notice.type)).toContain('broadcastRejected')
    await scene.client.setBalance({ address, value: 10n ** 18n })
    await chain.tend()
    await scene.mine()
    expect(await chain.find(lock.key)).toMatchObject({ kind: 'done' })
    expect(await scene.events('Locked')).toHaveLength(1)
  })

  test('of another chain: config_invalid', async () => {
    const chain = scene.adapter({ id: 'evm:1' })
    await expect(chain.submit(scene.order('lock'))).rejects.toMatchObject({ code: 'config_invalid' })
    await expect(chain.tend()).rejects.toMatchObject({ code: 'config_invalid' })
  })
})

describe('a lane whose key is used elsewhere', () => {
  test('goes on from where the chain is, and says so', async () => {
    const chain = scene.adapter()
    const before = await chain.submit(scene.order('lock'))
    await scene.mine()
    await scene.asThief()
    await scene.mine()
    const after = scene.order('lock')
    const nonce = before.kind === 'done' ? Number(before.value.nonce) : Number.NaN
    expect(await chain.submit(after)).toMatchObject({ kind: 'done', value: { nonce: String(nonce + 2) } })
    expect(scene.notices).toContainEqual({ type: 'laneRaised', sender: chain.treasury, from: nonce + 1, to: nonce + 2 })
    await scene.mine()
    expect(await chain.find(after.key)).toMatchObject({ kind: 'done' })
  })
})

describe('fees', () => {
  test('over the cap: nothing is signed until they fall', async () => {
    const base = (await scene.client.getBlock()).baseFeePerGas!
    const chain = scene.adapter({ fees: { maxFeePerGasCap: base - 1n } })
    await expect(chain.submit(scene.order('lock'))).rejects.toMatchObject({ code: 'chain_unavailable' })
    expect(await stored()).toEqual([])
  })
})

describe('what the port says about the chain', () => {
  test('its id of an escrow is the contract’s', async () => {
    const chain = scene.adapter()
    const terms = scene.terms({ onExpiry: 'release' })
    const onChain = await scene.client.readContract({
      address: scene.deployment.escrow,
      abi: escrowAbi,
      functionName: 'escrowIdOf',
      args: [
        {
          ref: terms.ref,
          token: scene.deployment.token,
          payer: scene.deployment.treasury.address,
          payee: evmAccount(7).address,
          amount: 100_250_000n,
          refundAfter: BigInt(terms.refundAfter),
          hardDeadline: BigInt(terms.hardDeadline),
          onExpiry: 1,
        },
      ],
    })
    expect(chain.escrowId(terms)).toBe(onChain)
  })

  test('currencies without a token on it are not supported', async () => {
    const chain = scene.adapter()
    expect([chain.supports('USDC'), chain.supports('EURC'), chain.supports('USD')]).toEqual([true, false, false])
    await expect(chain.balanceOf('EURC', chain.treasury)).rejects.toMatchObject({ code: 'asset_unknown' })
    await expect(chain.submit(scene.order('lock', scene.terms({ currency: 'EURC' })))).rejects.toMatchObject({
      code: 'asset_unknown',
    })
  })

  test('a key that is none is refused without being quoted', async () => {
    const secret = '0xdeadbeef'
    expect(() => scene.adapter({ operatorKey: secret })).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    try {
      scene.adapter({ operatorKey: secret })
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('deadbeef')
    }
  })
})

describe('the database', () => {
  test('lets the service neither edit a signature, nor move a nonce, nor delete', async () => {
    const chain = scene.adapter()
    await chain.submit(scene.order('lock'))
    for (const sql of [
      "update evm_tx_versions set raw = '\\x00'",
      'update evm_txs set nonce = nonce + 1',
      "update evm_txs set calldata = '\\x00'",
      'delete from evm_tx_versions',
      'delete from evm_txs',
      "update evm_refusals set code = ''",
      'delete from evm_refusals',
      'delete from nonce_lanes',
    ])
      await expect(scene.pool.query(sql)).rejects.toMatchObject({ code: '42501' })
  })

  test('that does not answer is said so, and the chain hears nothing', async () => {
    const nowhere = new pg.Pool({ connectionString: 'postgresql://nobody@127.0.0.1:1/none' })
    const chain = scene.adapter({}, nowhere)
    await expect(chain.submit(scene.order('lock'))).rejects.toMatchObject({ code: 'database_unavailable' })
    await expect(chain.find('any')).rejects.toMatchObject({ code: 'database_unavailable' })
    expect(scene.proxy.broadcasts).toEqual([])
    await nowhere.end()
  })

  test('that dies before the nonce is given out leaves the outcome unknown, never sent', async () => {
    const broken = new pg.Pool({ connectionString: scene.databaseUrl, options: '-c role=causeway_app' })
    const chain = scene.adapter({}, broken)
    const lock = scene.order('lock')
    scene.proxy.fault = async method => {
      if (method === 'eth_getTransactionCount') await broken.end()
      return undefined
    }
    expect(await chain.submit(lock)).toMatchObject({ kind: 'unknown' })
    expect(scene.proxy.broadcasts).toEqual([])
    scene.proxy.fault = () => undefined
    expect(await scene.adapter().find(lock.key)).toMatchObject({ kind: 'refused', code: 'not_found' })
  })
})
