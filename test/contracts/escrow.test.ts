import { network } from 'hardhat'
import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  getAddress,
  keccak256,
  parseEventLogs,
  parseUnits,
  toHex,
} from 'viem'
import { beforeEach, expect, test } from 'vitest'
import { type EvmTerms, escrowId } from '../../bridge-service/src/chains/evm/escrow-id.ts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import { compileContracts, readArtifact } from '../../scripts/local/compile.ts'

// Hardhat names its accounts in lower case, the ABI decoder in checksum case.
const addressOf = (wallet: { account: { address: Address } }) => getAddress(wallet.account.address)

type Action = 'lock' | 'release' | 'refund' | 'expire'

// An auditor's view: nothing but the committed ABI and a node.
const world = async () => {
  await compileContracts()
  const { viem, networkHelpers } = await network.create()
  const client = await viem.getPublicClient()
  const chainId = await client.getChainId()
  const [admin, treasury, operator, customer, stranger] = (await viem.getWalletClients()).slice(0, 5)
  if (!admin || !treasury || !operator || !customer || !stranger) throw new Error('five funded accounts are needed')
  const deployed = async (hash: `0x${string}`): Promise<Address> =>
    (await client.getTransactionReceipt({ hash })).contractAddress!
  const owner = addressOf(admin)
  const token = await deployed(
    await admin.deployContract({
      abi: testDollarAbi,
      bytecode: readArtifact('test/TestDollar.sol/TestDollar').bytecode,
      args: [owner],
    }),
  )
  const escrow = await deployed(
    await admin.deployContract({
      abi: escrowAbi,
      bytecode: readArtifact('Escrow.sol/Escrow').bytecode,
      args: [owner, 0, addressOf(operator), owner, [token]],
    }),
  )
  const amount = parseUnits('100.25', 6)
  await admin.writeContract({
    abi: testDollarAbi,
    address: token,
    functionName: 'mint',
    args: [addressOf(treasury), amount],
  })
  await treasury.writeContract({ abi: testDollarAbi, address: token, functionName: 'approve', args: [escrow, amount] })
  const now = BigInt(await networkHelpers.time.latest())
  const terms: EvmTerms = {
    ref: keccak256(toHex('tr_1')),
    token: getAddress(token),
    payer: addressOf(treasury),
    payee: addressOf(customer),
    amount,
    refundAfter: now + 3_600n,
    hardDeadline: now + 7_200n,
    onExpiry: 1,
  }
  const send = async (wallet: typeof admin, functionName: Action) => {
    const hash = await wallet.writeContract({ abi: escrowAbi, address: escrow, functionName, args: [terms] })
    return parseEventLogs({ abi: escrowAbi, logs: (await client.getTransactionReceipt({ hash })).logs })
  }
  const setPaused = (functionName: 'pause' | 'unpause') => admin.writeContract({ abi: escrowAbi, address: escrow, functionName })
  const balanceOf = (account: Address) =>
    client.readContract({ abi: testDollarAbi, address: token, functionName: 'balanceOf', args: [account] })
  const status = () => client.readContract({ abi: escrowAbi, address: escrow, functionName: 'statusOf', args: [id] })
  const locked = () => client.readContract({ abi: escrowAbi, address: escrow, functionName: 'totalLocked', args: [token] })
  const id = escrowId({ chainId, escrow, terms })
  return {
    treasury,
    operator,
    customer,
    stranger,
    terms,
    id,
    send,
    setPaused,
    balanceOf,
    status,
    locked,
    time: networkHelpers.time,
  }
}

const refusal = async (attempt: Promise<unknown>) => {
  const error = await attempt.then(
    () => undefined,
    cause => cause,
  )
  const revert = error instanceof BaseError ? error.walk(cause => cause instanceof ContractFunctionRevertedError) : undefined
  if (!(revert instanceof ContractFunctionRevertedError)) throw new Error('not refused by the contract', { cause: error })
  return revert.data
}

let w: Awaited<ReturnType<typeof world>>
beforeEach(async () => {
  w = await world()
})

test('lock takes the tokens and logs the full terms', async () => {
  const [log] = await w.send(w.treasury, 'lock')
  expect(log).toMatchObject({ eventName: 'Locked', args: { id: w.id, ...w.terms } })
  expect([await w.status(), await w.locked(), await w.balanceOf(w.terms.payer)]).toEqual([1, w.terms.amount, 0n])
})

test('release pays the payee, once', async () => {
  await w.send(w.treasury, 'lock')
  const [log] = await w.send(w.operator, 'release')
  const { ref, token, payee, amount } = w.terms
  expect(log).toMatchObject({ eventName: 'Released', args: { id: w.id, ref, token, payee, amount } })
  expect([await w.status(), await w.locked(), await w.balanceOf(payee)]).toEqual([2, 0n, amount])
  for (const again of ['release', 'refund'] as const)
    expect(await refusal(w.send(w.operator, again))).toMatchObject({ errorName: 'EscrowNotOpen', args: [w.id, 2] })
})

test('refund pays the payer back and says who did it', async () => {
  await w.send(w.treasury, 'lock')
  const [log] = await w.send(w.operator, 'refund')
  const { ref, token, payer, amount } = w.terms
  expect(log).toMatchObject({
    eventName: 'Refunded',
    args: { id: w.id, ref, token, payer, amount, by: addressOf(w.operator) },
  })
  expect([await w.status(), await w.locked(), await w.balanceOf(payer)]).toEqual([3, 0n, amount])
})

test('a pause stops release and not the expiry, which a stranger triggers', async () => {
  await w.send(w.treasury, 'lock')
  await w.setPaused('pause')
  expect(await refusal(w.send(w.operator, 'release'))).toMatchObject({ errorName: 'EnforcedPause' })
  expect(await refusal(w.send(w.stranger, 'expire'))).toMatchObject({
    errorName: 'EscrowNotExpired',
    args: [w.id, w.terms.refundAfter],
  })

  await w.time.setNextBlockTimestamp(w.terms.refundAfter)
  const [log] = await w.send(w.stranger, 'expire')
  expect(log).toMatchObject({ eventName: 'Refunded', args: { id: w.id, payer: w.terms.payer, by: addressOf(w.stranger) } })
  expect([await w.status(), await w.balanceOf(w.terms.payer)]).toEqual([3, w.terms.amount])
})

test('a pause stops a lock until it ends', async () => {
  await w.setPaused('pause')
  expect(await refusal(w.send(w.treasury, 'lock'))).toMatchObject({ errorName: 'EnforcedPause' })
  await w.setPaused('unpause')
  await w.send(w.treasury, 'lock')
  expect(await w.status()).toBe(1)
})

test('only the payer locks and only the operator releases', async () => {
  expect(await refusal(w.send(w.operator, 'lock'))).toMatchObject({
    errorName: 'CallerNotPayer',
    args: [addressOf(w.operator), addressOf(w.treasury)],
  })
  await w.send(w.treasury, 'lock')
  expect(await refusal(w.send(w.treasury, 'release'))).toMatchObject({ errorName: 'AccessControlUnauthorizedAccount' })
  expect(await w.status()).toBe(1)
})
