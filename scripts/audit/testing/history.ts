import {
  type Abi,
  type Address,
  createTestClient,
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  type Hex,
  http,
  keccak256,
  parseUnits,
  publicActions,
  toHex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../../contracts/abi/test-dollar.ts'
import { readArtifact } from '../../local/compile.ts'
import { deployContracts } from '../../local/deploy-contracts.ts'
import { startEvm } from '../../local/evm.ts'
import { type EvmAccount, evmAccount } from '../../local/evm-accounts.ts'
import { createWorkspace } from '../../local/workspace.ts'
import type { LockedTerms } from '../terms-id.ts'

const day = 86_400n
const dollars = (value: string) => parseUnits(value, 6)

/** A node on which an escrow has lived through everything that its events can tell of. */
export const startHistory = async () => {
  const workspace = createWorkspace()
  const evm = await startEvm(workspace.folder, { blockMs: 0 })
  const { escrow, token, admin, treasury, operator, chainId } = await deployContracts(evm.url)
  const client = createTestClient({ mode: 'hardhat', transport: http(evm.url), cacheTime: 0 }).extend(publicActions)
  const [customer, other, stranger] = [evmAccount(3), evmAccount(4), evmAccount(5)] as const

  const send = async (from: EvmAccount, to: Address | undefined, data: Hex) => {
    const serializedTransaction = await privateKeyToAccount(from.key).signTransaction({
      ...{ type: 'eip1559', chainId, ...(to ? { to } : {}), data, gas: 6_000_000n },
      ...{ maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n },
      nonce: await client.getTransactionCount({ address: from.address, blockTag: 'pending' }),
    })
    const hash = await client.sendRawTransaction({ serializedTransaction })
    await client.mine({ blocks: 1 })
    const receipt = await client.getTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`${data.slice(0, 10)} reverted`)
    return receipt
  }
  const onEscrow = (from: EvmAccount, functionName: string, args: unknown[]) =>
    send(from, escrow, encodeFunctionData({ abi: escrowAbi as Abi, functionName, args }))
  const onToken = (from: EvmAccount, functionName: string, args: unknown[], to = token) =>
    send(from, to, encodeFunctionData({ abi: testDollarAbi as Abi, functionName, args }))

  const start = (await client.getBlock()).timestamp
  let made = 0
  const all: LockedTerms[] = []
  const terms = (change: Partial<LockedTerms> = {}): LockedTerms => {
    const made_: LockedTerms = {
      ...{ ref: keccak256(toHex(`tr_${++made}`)), token, payer: treasury.address, payee: customer.address },
      ...{ amount: dollars('100.25'), refundAfter: start + 10n * day, hardDeadline: start + 20n * day, onExpiry: 0 },
      ...change,
    }
    all.push(made_)
    return made_
  }
  const locked = async (change: Partial<LockedTerms> = {}) => {
    const held = terms(change)
    await onEscrow(treasury, 'lock', [held])
    return held
  }
  const limits = (capacity: string, refill: string) => ({
    ...{ capacity: dollars(capacity), refillPerDay: dollars(refill) },
    ...{ attestationThreshold: dollars('500'), attestationQuorum: 1 },
  })

  await onEscrow(admin, 'lowerLimits', [token, limits('1000', '1000')])
  const released = await locked()
  await onEscrow(operator, 'release', [released])
  const committed = await locked()
  await onEscrow(operator, 'commit', [committed])
  await onEscrow(operator, 'release', [committed])
  const refunded = await locked()
  await onEscrow(operator, 'refund', [refunded])
  await onEscrow(admin, 'pause', [token])
  await onEscrow(admin, 'unpause', [token])

  const three = [terms(), terms(), terms()]
  await onEscrow(treasury, 'lockBatch', [three])
  await onEscrow(operator, 'releaseBatch', [[three[0]!, released, three[1]!]])
  await onEscrow(operator, 'refundBatch', [[three[2]!]])

  // Two payouts that the token refuses: one is claimed later, one is still a credit.
  const [claimed, credited] = [await locked(), await locked({ payee: other.address })]
  for (const { address } of [customer, other]) await onToken(admin, 'setDenied', [address, true])
  await onEscrow(operator, 'release', [claimed])
  await onEscrow(operator, 'release', [credited])
  await onToken(admin, 'setDenied', [customer.address, false])
  await onEscrow(stranger, 'claim', [token, customer.address])

  await onEscrow(admin, 'proposeLimits', [token, limits('2000', '3000')])
  await onEscrow(admin, 'applyLimits', [token])
  await onEscrow(admin, 'proposeLimits', [token, limits('9000', '9000')])
  await onEscrow(admin, 'cancelLimits', [token])
  await onEscrow(admin, 'setTokenAllowed', [token, false])
  await onEscrow(admin, 'setTokenAllowed', [token, true])

  // Anyone may lock what is his: no business of the ledger's.
  await onToken(admin, 'mint', [stranger.address, dollars('5')])
  await onToken(stranger, 'approve', [escrow, dollars('5')])
  const foreign = terms({ payer: stranger.address, payee: other.address, amount: dollars('5') })
  await onEscrow(stranger, 'lock', [foreign])

  const { contractAddress } = await send(
    admin,
    undefined,
    encodeDeployData({
      abi: testDollarAbi,
      bytecode: readArtifact('test/TestDollar.sol/TestDollar').bytecode,
      args: [admin.address],
    }),
  )
  const second = getAddress(contractAddress!)
  await onEscrow(admin, 'listToken', [second, limits('700', '700')])
  await onToken(admin, 'mint', [stranger.address, dollars('50')], second)
  await onToken(stranger, 'approve', [escrow, dollars('50')], second)
  await onEscrow(stranger, 'lock', [terms({ token: second, payer: stranger.address, amount: dollars('20') })])
  await onToken(stranger, 'transfer', [escrow, dollars('30')], second)
  await onEscrow(admin, 'rescue', [second, admin.address, dollars('30')])

  const [late, lateCommitted] = [await locked({ refundAfter: start + 2n * day }), await locked({ onExpiry: 1 })]
  await onEscrow(operator, 'commit', [lateCommitted])
  const [open, openCommitted] = [await locked(), await locked()]
  await onEscrow(operator, 'commit', [openCommitted])
  await client.setNextBlockTimestamp({ timestamp: start + 2n * day })
  await onEscrow(stranger, 'expire', [late])
  await client.setNextBlockTimestamp({ timestamp: start + 20n * day })
  await onEscrow(stranger, 'expire', [lateCommitted])

  return {
    ...{ url: evm.url, chainId, escrow, token, second, admin, treasury, operator, customer, other, stranger },
    /** All terms that were locked, and some of them by what became of them. */
    all,
    ...{ released, committed, refunded, claimed, credited, three, foreign, late, lateCommitted, open, openCommitted },
    stop: async () => {
      await evm.stop()
      workspace.remove()
    },
  }
}
