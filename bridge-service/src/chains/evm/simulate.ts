import { BaseError, decodeErrorResult, type Hex, isHex, numberToHex } from 'viem'
import { depositAddressesAbi } from '../../../../contracts/abi/deposit-addresses.ts'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../../../contracts/abi/settlement-token.ts'
import { testDollarAbi } from '../../../../contracts/abi/test-dollar.ts'
import { type Refused, refused } from '../../outcome.ts'
import type { Call } from './call.ts'
import { unavailable } from './failure.ts'
import type { Rpc } from './rpc.ts'

// The token's errors come through the escrow unchanged; ours are OpenZeppelin's (EIP-6093), as most tokens' are.
const errorsAbi = [...escrowAbi, ...depositAddressesAbi, ...settlementTokenAbi, ...testDollarAbi].filter(
  item => item.type === 'error',
)

/**
 * Runs a call on the newest block. Gives the gas limit to sign with; `refused` with the contract's error name as code when the contract
 * itself refuses, or the token would refuse to pay. Whatever else goes wrong is no refusal: it throws `chain_unavailable`.
 */
export const simulate = async (rpc: Rpc, call: Call): Promise<Refused | { kind: 'passes'; gasLimit: bigint }> => {
  const request = { from: call.sender, to: call.to, data: call.data }
  try {
    const gas = await rpc.client.request({ method: 'eth_estimateGas', params: [request, 'latest'] })
    const refusal = call.payout && (await refusalOfPayout(rpc, call.to, call.payout))
    return refusal ?? { kind: 'passes', gasLimit: roomy(BigInt(gas)) }
  } catch (estimate) {
    const revert = revertOf(estimate)
    if (revert) return revert
    // Some nodes give the revert's data for a call only, and some fail an estimate for reasons of their own.
    const again = await run(rpc, { ...request, value: numberToHex(0) }).then(
      () => undefined,
      error => revertOf(error),
    )
    if (again) return again
    throw unavailable(estimate)
  }
}

/** The escrow ends also when the token refuses to pay, and leaves the payee a credit to claim. Better to wait while we can. */
const refusalOfPayout = async (rpc: Rpc, escrow: Hex, { token, data }: NonNullable<Call['payout']>) => {
  try {
    const answer = await run(rpc, { from: escrow, to: token, data })
    // Tokens that answer at all answer with true; the first dollar tokens answer with nothing.
    return answer === '0x' || BigInt(answer) === 1n ? undefined : refused('payout_refused', 'the token answered false')
  } catch (error) {
    const revert = revertOf(error)
    if (revert) return revert
    throw unavailable(error)
  }
}

const run = (rpc: Rpc, request: { from: Hex; to: Hex; data: Hex; value?: Hex }): Promise<Hex> =>
  rpc.client.request({ method: 'eth_call', params: [request, 'latest'] })

// Between estimate and inclusion a counter of the escrow or the token may have gone to zero: writing it again costs 17,100 more, each.
const roomy = (gas: bigint) => (gas * 6n) / 5n + 50_000n

/** Only revert data, or the code that the execution API keeps for reverts (3), says that a contract refused; a message proves nothing. */
const revertOf = (error: unknown): Refused | undefined => {
  let reverted = false
  for (const cause of causesOf(error)) {
    const data = dataOf(cause)
    if (data !== undefined && data.length >= 10) return decoded(data)
    reverted ||= (cause as { code?: unknown }).code === 3
  }
  return reverted ? refused('reverted', 'the contract gave no reason') : undefined
}

const causesOf = (error: unknown): object[] => {
  const causes: object[] = []
  for (let cause = error; typeof cause === 'object' && cause !== null; cause = (cause as BaseError).cause) causes.push(cause)
  return causes
}

const dataOf = (cause: object): Hex | undefined => {
  const data = (cause as { data?: unknown }).data
  const inner = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data
  return isHex(inner) ? inner : undefined
}

const decoded = (data: Hex): Refused => {
  try {
    const { errorName, args = [] } = decodeErrorResult({ abi: errorsAbi, data })
    return refused(errorName, `${errorName}(${args.map(String).join(', ')})`)
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    return refused('reverted', data.slice(0, 10))
  }
}
