import { encodeFunctionData, type Hex, hexToBytes, keccak256, parseUnits } from 'viem'
import { depositAddress } from '../../../bridge-service/src/chains/evm/deposit-address.ts'
import { type EvmTerms, escrowId } from '../../../bridge-service/src/chains/evm/escrow-id.ts'
import { testDollarAbi } from '../../../contracts/abi/test-dollar.ts'
import { forever, signaturesOn } from './signatures.ts'
import { openStage } from './stage.ts'

type Bare = 'transfer' | 'transferFrom' | 'receiveWithAuthorization'

export type GasRow = {
  readonly operation: string
  /** `gasUsed` of the receipt; for a batch, that of the whole transaction. */
  readonly gas: number
  /** How many escrows the transaction moved. */
  readonly items: number
  /** The bare token call that it is compared with. */
  readonly bare?: Bare
  /** Single: gas over the bare call. Batch: all gas per item over the execution of a bare `transfer`, without its 21,000 and calldata. */
  readonly overhead?: number
  /** The most that `overhead` may be; of `commit`, which calls no token, the most that `gas` may be. */
  readonly bound?: number
}

export type GasReport = {
  readonly rows: readonly GasRow[]
  /** Runtime bytes of the contracts; the limit is 24,576 (EIP-170). */
  readonly bytecode: Readonly<Record<string, number>>
}

const batchSize = 10
const amount = parseUnits('100.25', 6)

/** What each operation of the escrow costs on the test dollar: receipts, on a warm contract, to an account that has tokens already. */
export const measureGas = async (): Promise<GasReport> => {
  const stage = await openStage()
  const { admin, treasury, operator, customer, anyone, token, escrow, depositAddresses, chainId } = stage
  const { callToken, callEscrow, callDepositAddresses, terms } = stage
  const { authorization, permit, attestations } = signaturesOn(stage)
  const rows: GasRow[] = []

  const locked = async (change: Partial<EvmTerms> = {}) => {
    const held = terms(change)
    await callEscrow(treasury, 'lock', [held])
    return held
  }
  const committed = async () => {
    const held = await locked()
    await callEscrow(operator, 'commit', [held])
    return held
  }
  const tenTerms = () => Array.from({ length: batchSize }, () => terms())
  const tenLocked = async () => {
    const held = tenTerms()
    await callEscrow(treasury, 'lockBatch', [held])
    return held
  }

  // Warm: accounts that have tokens, and a total, a bucket and a sequence that are not zero.
  const float = parseUnits('1000000', 6)
  for (const { address } of [treasury, customer, anyone]) await callToken(admin, 'mint', [address, float])
  await callToken(treasury, 'approve', [escrow, float])
  await callToken(treasury, 'approve', [anyone.address, float])
  await callEscrow(operator, 'release', [await locked()])
  await committed()

  const transfer = [customer.address, amount] as const
  const nonce = keccak256('0x01')
  const bare: Record<Bare, number> = {
    transfer: await callToken(treasury, 'transfer', [...transfer]),
    transferFrom: await callToken(anyone, 'transferFrom', [treasury.address, ...transfer]),
    receiveWithAuthorization: await callToken(anyone, 'receiveWithAuthorization', [
      ...[customer.address, anyone.address, amount, 0n, forever, nonce],
      ...(await authorization(anyone.address, amount, nonce)),
    ]),
  }
  const execution =
    bare.transfer - intrinsicGas(encodeFunctionData({ abi: testDollarAbi, functionName: 'transfer', args: transfer }))
  for (const [operation, gas] of Object.entries(bare)) rows.push({ operation, gas, items: 1 })

  const single = (operation: string, against: Bare, gas: number, bound?: number) =>
    rows.push({ operation, gas, items: 1, bare: against, overhead: gas - bare[against], ...(bound ? { bound } : {}) })
  const batch = (operation: string, gas: number) =>
    rows.push({
      ...{ operation: `${operation} of ${batchSize}`, gas, items: batchSize },
      ...{ bare: 'transfer', overhead: Math.ceil(gas / batchSize) - execution, bound: 24_000 },
    })

  single('lock', 'transferFrom', await callEscrow(treasury, 'lock', [terms()]), 40_000)
  const gasless = terms({ payer: customer.address, payee: treasury.address })
  const signed = await authorization(escrow, amount, escrowId({ chainId, escrow, terms: gasless }))
  single(
    'lockWithAuthorization',
    'receiveWithAuthorization',
    await callEscrow(anyone, 'lockWithAuthorization', [gasless, 0n, forever, ...signed]),
    42_000,
  )
  // The first permit of an account writes its nonce for the first time.
  await callEscrow(treasury, 'lockWithPermit', [terms(), forever, ...(await permit(amount, 0n))])
  const permitted = await callEscrow(treasury, 'lockWithPermit', [terms(), forever, ...(await permit(amount, 1n))])
  single('lockWithPermit', 'transferFrom', permitted)
  await callToken(treasury, 'approve', [escrow, float])

  rows.push({ operation: 'commit', gas: await callEscrow(operator, 'commit', [await locked()]), items: 1, bound: 40_000 })
  single('release', 'transfer', await callEscrow(operator, 'release', [await locked()]), 23_000)
  single('release, committed', 'transfer', await callEscrow(operator, 'release', [await committed()]), 23_000)
  const large = await locked({ amount: parseUnits('20000', 6) })
  const attested = await callEscrow(operator, 'releaseAttested', [large, await attestations(large)])
  single('releaseAttested by two', 'transfer', attested)
  single('refund', 'transfer', await callEscrow(operator, 'refund', [await locked()]), 23_000)
  single('refund, committed', 'transfer', await callEscrow(operator, 'refund', [await committed()]), 23_000)

  batch('lockBatch', await callEscrow(treasury, 'lockBatch', [tenTerms()]))
  batch('releaseBatch', await callEscrow(operator, 'releaseBatch', [await tenLocked()]))
  batch('refundBatch', await callEscrow(operator, 'refundBatch', [await tenLocked()]))

  const refused = [await locked(), await locked()]
  const late = await locked()
  await callToken(admin, 'setDenied', [customer.address, true])
  // The first credit of an account writes it for the first time.
  await callEscrow(operator, 'release', [refused[0]])
  single('release, refused by the token', 'transfer', await callEscrow(operator, 'release', [refused[1]]))
  await callToken(admin, 'setDenied', [customer.address, false])
  single('claim', 'transfer', await callEscrow(anyone, 'claim', [token, customer.address]))

  // What a customer has transferred to an address of its own, which has no code until something leaves it.
  const bring = async (own: EvmTerms) => {
    const to = depositAddress(depositAddresses, escrowId({ chainId, escrow, terms: own }))
    await callToken(treasury, 'transfer', [to, amount])
    return own
  }
  const own = () => terms({ payer: customer.address, payee: treasury.address })
  const sent = await bring(own())
  single('lock from a deposit address', 'transferFrom', await callDepositAddresses(operator, 'lock', [sent]))
  single('recover', 'transfer', await callDepositAddresses(operator, 'recover', [await bring(sent), token]))
  single('recover, first', 'transfer', await callDepositAddresses(operator, 'recover', [await bring(own()), token]))

  stage.passDeadline()
  single('expire', 'transfer', await callEscrow(anyone, 'expire', [late]))

  return { rows, bytecode: { Escrow: await stage.bytesAt(escrow), DepositAddresses: await stage.bytesAt(depositAddresses) } }
}

// 21,000 for the transaction and, since EIP-2028, 4 for a zero byte of calldata and 16 for any other.
const intrinsicGas = (calldata: Hex) => hexToBytes(calldata).reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 21_000)
