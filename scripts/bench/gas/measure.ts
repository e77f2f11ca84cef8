import { network } from 'hardhat'
import {
  type Abi,
  type Address,
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  type Hex,
  hexToBytes,
  keccak256,
  numberToHex,
  parseSignature,
  parseUnits,
  toHex,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { type EvmTerms, escrowId } from '../../../bridge-service/src/chains/evm/escrow-id.ts'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../../contracts/abi/test-dollar.ts'
import { compileContracts, readArtifact } from '../../local/compile.ts'
import { evmAccount } from '../../local/evm-accounts.ts'

export type GasRow = {
  readonly operation: string
  /** `gasUsed` of the receipt; for a batch, that of the whole transaction. */
  readonly gas: number
  /** How many escrows the transaction moved. */
  readonly items: number
  /** The bare token call that it is compared with. */
  readonly bare?: 'transfer' | 'transferFrom' | 'receiveWithAuthorization'
  /** Single: gas over the bare call. Batch: gas per item over the execution of a bare `transfer`, that is without its 21,000 and calldata. */
  readonly overhead?: number
  /** The most that `overhead` may be; of `commit`, which calls no token, the most that `gas` may be. */
  readonly bound?: number
}

export type GasReport = {
  readonly rows: readonly GasRow[]
  /** Runtime bytes of the deployed contracts; the limit is 24,576 (EIP-170). */
  readonly bytecode: Readonly<Record<string, number>>
}

// Every byte that is signed or sent is the same on every run, so the figures are too: calldata is paid by its bytes.
const start = 1_900_000_000
const batchSize = 10
const noLimits = { capacity: 10n ** 30n, refillPerDay: 10n ** 30n, attestationThreshold: parseUnits('10000', 6), attestationQuorum: 2 }

/** What each operation of the escrow costs on the test dollar: receipts, on a warm contract, to an account that has tokens already. */
export const measureGas = async (): Promise<GasReport> => {
  await compileContracts()
  const { provider } = await network.create()
  const rpc = <T>(method: string, params: unknown[]) => provider.request({ method, params }) as Promise<T>
  const [admin, treasury, operator, customer, anyone, ...attesters] = [0, 1, 2, 3, 4, 5, 6].map(evmAccount) as [
    ReturnType<typeof evmAccount>,
    ...ReturnType<typeof evmAccount>[],
  ]
  if (!treasury || !operator || !customer || !anyone) throw new Error('five accounts are needed')
  let clock = start

  const send = async (from: Address, call: { to?: Address; data: Hex }) => {
    await rpc('evm_setNextBlockTimestamp', [++clock])
    const hash = await rpc<Hex>('eth_sendTransaction', [{ from, ...call, gas: numberToHex(15_000_000) }])
    const receipt = await rpc<{ status: Hex; gasUsed: Hex; contractAddress: Address | null }>('eth_getTransactionReceipt', [hash])
    if (receipt.status !== '0x1') throw new Error(`transaction reverted: ${call.data.slice(0, 10)}`)
    return { gas: Number(receipt.gasUsed), address: receipt.contractAddress }
  }
  const create = async (path: string, abi: Abi, args: unknown[]) => {
    const { address } = await send(admin.address, {
      data: encodeDeployData({ abi, bytecode: readArtifact(path).bytecode, args }),
    })
    return getAddress(address!)
  }
  const chainId = Number(await rpc<Hex>('eth_chainId', []))
  const token = await create('test/TestDollar.sol/TestDollar', testDollarAbi, [admin.address])
  const escrow = await create('Escrow.sol/Escrow', escrowAbi, [
    {
      admin: admin.address,
      adminDelay: 0,
      limitsDelay: 0n,
      operators: [operator.address],
      guardians: [],
      limiters: [],
      attesters: attesters.map(({ address }) => address),
      listings: [{ token, limits: noLimits }],
    },
  ])
  const onToken = (from: Address, functionName: string, args: unknown[]) =>
    send(from, { to: token, data: encodeFunctionData({ abi: testDollarAbi as Abi, functionName, args }) })
  const onEscrow = (from: Address, functionName: string, args: unknown[]) =>
    send(from, { to: escrow, data: encodeFunctionData({ abi: escrowAbi as Abi, functionName, args }) })
  const sign = async (account: { key: Hex }, data: Omit<Parameters<ReturnType<typeof privateKeyToAccount>['signTypedData']>[0], 'domain'>, on: 'token' | 'escrow') => {
    const domain = on === 'token' ? { name: 'Test Dollar', verifyingContract: token } : { name: 'Causeway Escrow', verifyingContract: escrow }
    return privateKeyToAccount(account.key).signTypedData({ ...data, domain: { ...domain, version: '1', chainId } } as never)
  }
  const split = (signature: Hex) => {
    const { v, r, s } = parseSignature(signature)
    return [Number(v), r, s]
  }

  let made = 0
  const terms = (change: Partial<EvmTerms> = {}): EvmTerms => ({
    ref: keccak256(toHex(`tr_${++made}`)),
    token,
    payer: treasury.address,
    payee: customer.address,
    amount: parseUnits('100.25', 6),
    refundAfter: BigInt(start + 86_400),
    hardDeadline: BigInt(start + 7 * 86_400),
    onExpiry: 0,
    ...change,
  })
  const many = (change: Partial<EvmTerms> = {}) => Array.from({ length: batchSize }, () => terms(change))
  const locked = async (change: Partial<EvmTerms> = {}) => {
    const held = terms(change)
    await onEscrow(treasury.address, 'lock', [held])
    return held
  }
  const allLocked = async (held: EvmTerms[]) => {
    await onEscrow(treasury.address, 'lockBatch', [held])
    return held
  }
  const forever = 2n ** 48n - 1n
  const authorization = async (to: Address, value: bigint, nonce: Hex) => {
    const message = { from: customer.address, to, value, validAfter: 0n, validBefore: forever, nonce }
    const types = {
      ReceiveWithAuthorization: [
        { name: 'from', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'validAfter', type: 'uint256' },
        { name: 'validBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    }
    return split(await sign(customer, { types, primaryType: 'ReceiveWithAuthorization', message }, 'token'))
  }
  const permit = async (value: bigint, nonce: bigint) => {
    const message = { owner: treasury.address, spender: escrow, value, nonce, deadline: forever }
    const types = {
      Permit: [
        { name: 'owner', type: 'address' },
        { name: 'spender', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'nonce', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    }
    return split(await sign(treasury, { types, primaryType: 'Permit', message }, 'token'))
  }
  const attestations = (held: EvmTerms) =>
    Promise.all(
      attesters
        .toSorted((a, b) => (a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1))
        .map(async attester => {
          const types = {
            ReleaseAttestation: [
              { name: 'escrowId', type: 'bytes32' },
              { name: 'validUntil', type: 'uint64' },
            ],
          }
          const validUntil = BigInt(start + 86_400)
          const message = { escrowId: escrowId({ chainId, escrow, terms: held }), validUntil }
          const signature = await sign(attester, { types, primaryType: 'ReleaseAttestation', message }, 'escrow')
          return { attester: attester.address, validUntil, signature }
        }),
    )

  // Accounts that have tokens, a nonce that was used, a total, a bucket and a sequence that are not zero.
  const float = parseUnits('1000000', 6)
  for (const { address } of [treasury, customer, anyone]) await onToken(admin.address, 'mint', [address, float])
  await onToken(treasury.address, 'approve', [escrow, float])
  await onToken(treasury.address, 'approve', [anyone.address, float])
  await onToken(customer.address, 'approve', [anyone.address, 1n])
  await locked()
  await onEscrow(operator.address, 'release', [await locked()])
  await onEscrow(operator.address, 'commit', [await locked()])

  const amount = parseUnits('100.25', 6)
  const transferCall = encodeFunctionData({ abi: testDollarAbi, functionName: 'transfer', args: [customer.address, amount] })
  const bare = {
    transfer: (await onToken(treasury.address, 'transfer', [customer.address, amount])).gas,
    transferFrom: (await onToken(anyone.address, 'transferFrom', [treasury.address, customer.address, amount])).gas,
    receiveWithAuthorization: (
      await onToken(anyone.address, 'receiveWithAuthorization', [
        customer.address,
        anyone.address,
        amount,
        0n,
        forever,
        keccak256('0x01'),
        ...(await authorization(anyone.address, amount, keccak256('0x01'))),
      ])
    ).gas,
  }
  const transferExecution = bare.transfer - intrinsic(transferCall)

  const rows: GasRow[] = Object.entries(bare).map(([operation, gas]) => ({ operation, gas, items: 1 }))
  const single = async (operation: string, against: keyof typeof bare, bound: number | undefined, sent: Promise<{ gas: number }>) => {
    const { gas } = await sent
    rows.push({ operation, gas, items: 1, bare: against, overhead: gas - bare[against], ...(bound ? { bound } : {}) })
  }
  const batch = async (operation: string, sent: Promise<{ gas: number }>) => {
    const { gas } = await sent
    const overhead = Math.ceil(gas / batchSize) - transferExecution
    rows.push({ operation, gas, items: batchSize, bare: 'transfer', overhead, bound: 24_000 })
  }

  await single('lock', 'transferFrom', 40_000, onEscrow(treasury.address, 'lock', [terms()]))
  const gasless = terms({ payer: customer.address, payee: treasury.address })
  const signed = await authorization(escrow, amount, escrowId({ chainId, escrow, terms: gasless }))
  await single(
    'lockWithAuthorization',
    'receiveWithAuthorization',
    42_000,
    onEscrow(anyone.address, 'lockWithAuthorization', [gasless, 0n, forever, ...signed]),
  )
  const permitted = [terms(), terms()]
  const nonceUsed = await permit(amount, 0n)
  await onEscrow(treasury.address, 'lockWithPermit', [permitted[0], forever, ...nonceUsed])
  const again = await permit(amount, 1n)
  await single(
    'lockWithPermit',
    'transferFrom',
    undefined,
    onEscrow(treasury.address, 'lockWithPermit', [permitted[1], forever, ...again]),
  )
  await onToken(treasury.address, 'approve', [escrow, float])

  const committed = [await locked(), await locked()]
  const commit = (await onEscrow(operator.address, 'commit', [committed[0]])).gas
  rows.push({ operation: 'commit', gas: commit, items: 1, bound: 40_000 })
  await onEscrow(operator.address, 'commit', [committed[1]])
  await single('release', 'transfer', 23_000, onEscrow(operator.address, 'release', [await locked()]))
  await single('release, committed', 'transfer', 23_000, onEscrow(operator.address, 'release', [committed[0]]))
  const large = await locked({ amount: parseUnits('20000', 6) })
  await single('releaseAttested by two', 'transfer', undefined, onEscrow(operator.address, 'releaseAttested', [large, await attestations(large)]))
  await single('refund', 'transfer', 23_000, onEscrow(operator.address, 'refund', [await locked()]))
  await single('refund, committed', 'transfer', 23_000, onEscrow(operator.address, 'refund', [committed[1]]))
  await batch(`lockBatch of ${batchSize}`, onEscrow(treasury.address, 'lockBatch', [many()]))
  await batch(`releaseBatch of ${batchSize}`, onEscrow(operator.address, 'releaseBatch', [await allLocked(many())]))
  await batch(`refundBatch of ${batchSize}`, onEscrow(operator.address, 'refundBatch', [await allLocked(many())]))

  const refused = [await locked(), await locked()]
  const late = await locked()
  await onToken(admin.address, 'setDenied', [customer.address, true])
  await onEscrow(operator.address, 'release', [refused[0]])
  await single('release, refused by the token', 'transfer', undefined, onEscrow(operator.address, 'release', [refused[1]]))
  await onToken(admin.address, 'setDenied', [customer.address, false])
  await single('claim', 'transfer', undefined, onEscrow(anyone.address, 'claim', [token, customer.address]))
  clock = start + 86_400
  await single('expire', 'transfer', undefined, onEscrow(anyone.address, 'expire', [late]))

  const size = async (address: Address) => (await rpc<Hex>('eth_getCode', [address, 'latest'])).length / 2 - 1
  return { rows, bytecode: { Escrow: await size(escrow) } }
}

// 21,000 for the transaction and, since EIP-2028, 4 for a zero byte of calldata and 16 for any other.
const intrinsic = (calldata: Hex) => hexToBytes(calldata).reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 21_000)
