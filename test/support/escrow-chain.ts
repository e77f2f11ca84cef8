import { network } from 'hardhat'
import {
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  getAddress,
  type Hex,
  keccak256,
  parseEventLogs,
  parseUnits,
  toHex,
} from 'viem'
import { type EvmTerms, escrowId } from '../../bridge-service/src/chains/evm/escrow-id.ts'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../contracts/abi/test-dollar.ts'
import { compileContracts, readArtifact } from '../../scripts/local/compile.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'

/** Releases above this need the word of both attesters. */
const attestationThreshold = parseUnits('1000', 6)
const limits = {
  capacity: parseUnits('100000', 6),
  refillPerDay: parseUnits('100000', 6),
  attestationThreshold,
  attestationQuorum: 2,
}

/** A test dollar and an escrow on a chain of their own, as an auditor or a wallet meets them: the committed ABI and a node. */
export const escrowChain = async () => {
  await compileContracts()
  const { viem, networkHelpers } = await network.create()
  const client = await viem.getPublicClient()
  const chainId = await client.getChainId()
  const [admin, treasury, operator, customer, stranger] = await viem.getWalletClients()
  if (!admin || !treasury || !operator || !customer || !stranger) throw new Error('five funded accounts are needed')
  const attesters = [evmAccount(5), evmAccount(6)].toSorted((a, b) =>
    a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1,
  )

  const deployed = async (hash: Hex) => getAddress((await client.getTransactionReceipt({ hash })).contractAddress!)
  const tokenCode = readArtifact('test/TestDollar.sol/TestDollar').bytecode
  const escrowCode = readArtifact('Escrow.sol/Escrow').bytecode
  const owner = addressOf(admin)
  const token = {
    abi: testDollarAbi,
    address: await deployed(await admin.deployContract({ abi: testDollarAbi, bytecode: tokenCode, args: [owner] })),
  } as const
  const setup = {
    admin: owner,
    adminDelay: 0,
    limitsDelay: 0n,
    operators: [addressOf(operator)],
    guardians: [owner],
    limiters: [owner],
    attesters: attesters.map(({ address }) => address),
    listings: [{ token: token.address, limits }],
  }
  const escrow = {
    abi: escrowAbi,
    address: await deployed(await admin.deployContract({ abi: escrowAbi, bytecode: escrowCode, args: [setup] })),
  } as const

  const float = parseUnits('10000', 6)
  for (const account of [treasury, customer])
    await admin.writeContract({ ...token, functionName: 'mint', args: [addressOf(account), float] })
  await treasury.writeContract({ ...token, functionName: 'approve', args: [escrow.address, float] })
  const now = BigInt(await networkHelpers.time.latest())
  const terms = (change: Partial<EvmTerms> = {}): EvmTerms => ({
    ref: keccak256(toHex('tr_1')),
    token: token.address,
    payer: addressOf(treasury),
    payee: addressOf(customer),
    amount: parseUnits('100.25', 6),
    refundAfter: now + 3_600n,
    hardDeadline: now + 7_200n,
    onExpiry: 1,
    ...change,
  })

  return {
    client,
    chainId,
    time: networkHelpers.time,
    admin,
    treasury,
    operator,
    customer,
    stranger,
    attesters,
    token,
    escrow,
    limits,
    now,
    terms,
    idOf: (of: EvmTerms) => escrowId({ chainId, escrow: escrow.address, terms: of }),
    /** The escrow's events in the transaction that is being sent. */
    logs: async (hash: Promise<Hex>) =>
      parseEventLogs({ abi: escrowAbi, logs: (await client.getTransactionReceipt({ hash: await hash })).logs }),
    balanceOf: (account: Address) => client.readContract({ ...token, functionName: 'balanceOf', args: [account] }),
    statusOf: (of: EvmTerms) =>
      client.readContract({
        ...escrow,
        functionName: 'statusOf',
        args: [escrowId({ chainId, escrow: escrow.address, terms: of })],
      }),
  }
}

/** Hardhat names its accounts in lower case, the ABI decoder in checksum case. */
export const addressOf = (wallet: { account: { address: Address } }) => getAddress(wallet.account.address)

/** The custom error with which the contract refused; anything else throws. */
export const refusal = async (attempt: Promise<unknown>) => {
  const error = await attempt.then(
    () => undefined,
    cause => cause,
  )
  const revert = error instanceof BaseError ? error.walk(cause => cause instanceof ContractFunctionRevertedError) : undefined
  if (!(revert instanceof ContractFunctionRevertedError)) throw new Error('not refused by the contract', { cause: error })
  return revert.data
}
