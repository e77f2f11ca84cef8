import { decodeErrorResult, getAddress } from 'viem'
import { beforeEach, expect, test } from 'vitest'
import { addressOf, escrowChain, refusal } from '../support/escrow-chain.ts'

// An auditor's view: nothing but the committed ABI and a node.
let w: Awaited<ReturnType<typeof escrowChain>>
let terms: ReturnType<typeof w.terms>
beforeEach(async () => {
  w = await escrowChain()
  terms = w.terms()
})

const lock = () => w.logs(w.treasury.writeContract({ ...w.escrow, functionName: 'lock', args: [terms] }))
const act = (wallet: typeof w.admin, functionName: 'commit' | 'release' | 'refund' | 'expire') =>
  w.logs(wallet.writeContract({ ...w.escrow, functionName, args: [terms] }))
const state = () => w.client.readContract({ ...w.escrow, functionName: 'tokenState', args: [w.token.address] })
const setDenied = (denied: boolean) =>
  w.admin.writeContract({ ...w.token, functionName: 'setDenied', args: [terms.payee, denied] })

test('the first event lists the token with its limits', async () => {
  const [log] = await w.client.getContractEvents({ ...w.escrow, eventName: 'TokenListed', fromBlock: 0n })
  expect(log!.args).toEqual({ token: w.token.address, limits: w.limits, sequence: 1 })
  expect(await w.client.readContract({ ...w.escrow, functionName: 'listedTokens' })).toEqual([w.token.address])
  expect(await state()).toMatchObject({ allowed: true, paused: false, available: w.limits.capacity, limits: w.limits })
})

test('lock takes the tokens and logs the full terms', async () => {
  const before = await w.balanceOf(terms.payer)
  const [log] = await lock()
  expect(log).toMatchObject({ eventName: 'Locked', args: { id: w.idOf(terms), ...terms, sequence: 2 } })
  expect(await w.balanceOf(terms.payer)).toBe(before - terms.amount)
  expect([await w.statusOf(terms), await state()]).toMatchObject([1, { locked: terms.amount, credited: 0n, sequence: 2 }])
})

test('release pays the payee, once', async () => {
  const before = await w.balanceOf(terms.payee)
  await lock()
  const logs = await act(w.operator, 'release')
  const { ref, token, payee, amount } = terms
  expect(logs).toMatchObject([{ eventName: 'Released', args: { id: w.idOf(terms), ref, token, payee, amount, sequence: 3 } }])
  expect([await w.statusOf(terms), (await state()).locked, await w.balanceOf(payee)]).toEqual([2, 0n, before + amount])
  for (const again of ['release', 'refund', 'commit'] as const)
    expect(await refusal(act(w.operator, again))).toMatchObject({ errorName: 'EscrowNotOpen', args: [w.idOf(terms), 2] })
})

test('refund pays the payer back', async () => {
  const before = await w.balanceOf(terms.payer)
  await lock()
  const logs = await act(w.operator, 'refund')
  const { ref, token, payer, amount } = terms
  expect(logs).toMatchObject([{ eventName: 'Refunded', args: { id: w.idOf(terms), ref, token, payer, amount, sequence: 3 } }])
  expect([await w.statusOf(terms), (await state()).locked, await w.balanceOf(payer)]).toEqual([3, 0n, before])
})

test('a commit puts the exit off until the hard deadline, where a stranger takes the one that the terms name', async () => {
  await lock()
  const [committed] = await act(w.operator, 'commit')
  expect(committed).toMatchObject({ eventName: 'Committed', args: { id: w.idOf(terms), sequence: 3 } })
  expect(await w.statusOf(terms)).toBe(4)
  await w.time.increaseTo(terms.refundAfter)
  expect(await refusal(act(w.stranger, 'expire'))).toMatchObject({
    errorName: 'EscrowNotExpired',
    args: [w.idOf(terms), terms.hardDeadline],
  })
  await w.time.setNextBlockTimestamp(terms.hardDeadline)
  const [log] = await act(w.stranger, 'expire')
  expect(log).toMatchObject({ eventName: 'Released', args: { payee: terms.payee, amount: terms.amount } })
})

test('a pause of one token stops lock and release and not the expiry', async () => {
  const pausable = { ...w.escrow, args: [w.token.address] } as const
  await lock()
  const [paused] = await w.logs(w.admin.writeContract({ ...pausable, functionName: 'pause' }))
  const by = addressOf(w.admin)
  expect(paused).toMatchObject({ eventName: 'TokenPaused', args: { token: w.token.address, paused: true, by, sequence: 3 } })
  const stopped = { errorName: 'TokenIsPaused', args: [w.token.address] }
  expect(await refusal(act(w.operator, 'release'))).toMatchObject(stopped)
  expect(
    await refusal(w.treasury.writeContract({ ...w.escrow, functionName: 'lock', args: [w.terms({ amount: 1n })] })),
  ).toMatchObject(stopped)

  await w.time.setNextBlockTimestamp(terms.refundAfter)
  const [log] = await act(w.stranger, 'expire')
  expect(log).toMatchObject({ eventName: 'Refunded', args: { id: w.idOf(terms), payer: terms.payer } })
  await w.admin.writeContract({ ...pausable, functionName: 'unpause' })
  expect((await state()).paused).toBe(false)
})

test('a pause of all reaches every token, and ends token by token', async () => {
  const [paused] = await w.logs(w.admin.writeContract({ ...w.escrow, functionName: 'pauseAll' }))
  expect(paused).toMatchObject({ eventName: 'TokenPaused', args: { token: w.token.address, paused: true } })
  expect(await refusal(lock())).toMatchObject({ errorName: 'TokenIsPaused', args: [w.token.address] })
  await w.admin.writeContract({ ...w.escrow, functionName: 'unpause', args: [w.token.address] })
  await lock()
  expect(await w.statusOf(terms)).toBe(1)
})

test('a payout that the token refuses is told as a credit, and claimed later by anyone', async () => {
  await lock()
  await setDenied(true)
  const { ref, token, payee, amount } = terms
  expect(await act(w.operator, 'release')).toMatchObject([
    { eventName: 'Released', args: { id: w.idOf(terms), payee, amount, sequence: 3 } },
    { eventName: 'Credited', args: { id: w.idOf(terms), ref, token, owner: payee, amount, sequence: 4 } },
  ])
  const credit = () => w.client.readContract({ ...w.escrow, functionName: 'creditOf', args: [token, payee] })
  expect([await w.statusOf(terms), await credit(), await state()]).toMatchObject([2, amount, { locked: 0n, credited: amount }])

  await setDenied(false)
  const before = await w.balanceOf(payee)
  const claimed = await w.logs(w.stranger.writeContract({ ...w.escrow, functionName: 'claim', args: [token, payee] }))
  expect(claimed).toMatchObject([{ eventName: 'CreditClaimed', args: { token, owner: payee, to: payee, amount, sequence: 5 } }])
  expect([await credit(), (await state()).credited, await w.balanceOf(payee)]).toEqual([0n, 0n, before + amount])
})

// Sent with the gas that the node estimates: an estimate at which the payouts are skipped would be no estimate.
test('a batch tells of what it skipped, with a reason that the ABI decodes', async () => {
  await lock()
  const other = w.terms({ amount: 5n })
  const release = { ...w.escrow, functionName: 'releaseBatch', args: [[other, terms]] } as const
  const { result } = await w.client.simulateContract({ ...release, account: w.operator.account })
  const logs = await w.logs(w.operator.writeContract(release))
  expect(logs).toMatchObject([
    { eventName: 'Skipped', args: { id: w.idOf(other), ref: other.ref, token: other.token } },
    { eventName: 'Released', args: { id: w.idOf(terms), sequence: 3 } },
  ])
  const [skipped] = logs
  if (skipped?.eventName !== 'Skipped') throw new Error('no Skipped event')
  const { reason } = skipped.args
  expect(decodeErrorResult({ abi: w.escrow.abi, data: reason })).toMatchObject({
    errorName: 'EscrowNotOpen',
    args: [w.idOf(other), 0],
  })
  expect(result).toEqual([reason.slice(0, 10), '0x00000000'])
})

test('only the payer locks and only the operator releases', async () => {
  const byOperator = w.operator.writeContract({ ...w.escrow, functionName: 'lock', args: [terms] })
  expect(await refusal(byOperator)).toMatchObject({
    errorName: 'CallerNotPayer',
    args: [addressOf(w.operator), getAddress(terms.payer)],
  })
  await lock()
  expect(await refusal(act(w.treasury, 'release'))).toMatchObject({ errorName: 'AccessControlUnauthorizedAccount' })
  expect(await w.statusOf(terms)).toBe(1)
})

test('the bucket says in its refusal what is left', async () => {
  await w.admin.writeContract({
    ...w.escrow,
    functionName: 'lowerLimits',
    args: [w.token.address, { ...w.limits, capacity: 100_000_000n }],
  })
  await lock()
  expect(await refusal(act(w.operator, 'release'))).toMatchObject({
    errorName: 'BucketTooLow',
    args: [terms.amount, 100_000_000n],
  })
})
