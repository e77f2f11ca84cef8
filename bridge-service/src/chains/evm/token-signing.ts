import { type Address, type Hex, hashDomain, parseAbi, type TypedDataDomain } from 'viem'
import { isSilence, unavailable } from './failure.ts'
import type { Rpc } from './rpc.ts'

/** What a holder of a token can sign instead of sending: under this domain, for `receiveWithAuthorization` (ERC-3009) or `permit` (ERC-2612). */
export type TokenSigning = {
  readonly domain: TypedDataDomain
  readonly authorizations: boolean
  readonly permits: boolean
}

const abi = parseAbi([
  'function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function name() view returns (string)',
  'function version() view returns (string)',
  'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
  'function nonces(address owner) view returns (uint256)',
])
const domainTypes = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
] as const
const nobody = { address: `0x${'11'.repeat(20)}`, nonce: `0x${'00'.repeat(32)}` } as const

/**
 * Asks a token what can be signed for it; undefined when its domain is not the usual one. A token tells its domain (EIP-5267), or only its
 * name and its version, as older dollar tokens do; the separator that it tells must be the one that follows. Throws `chain_unavailable`.
 */
export const tokenSigning = async (rpc: Rpc, token: Address, chainId: number): Promise<TokenSigning | undefined> => {
  const separator = await asked<Hex>(rpc.client.readContract({ address: token, abi, functionName: 'DOMAIN_SEPARATOR' }))
  if (separator === undefined) return undefined
  const told = await asked(rpc.client.readContract({ address: token, abi, functionName: 'eip712Domain' }))
  const name = told?.[1] ?? (await asked(rpc.client.readContract({ address: token, abi, functionName: 'name' })))
  // The first permits came without a version to ask for: it was 1.
  const version = told?.[2] ?? (await asked(rpc.client.readContract({ address: token, abi, functionName: 'version' }))) ?? '1'
  if (name === undefined) return undefined
  const domain = { name, version, chainId, verifyingContract: token }
  if (hashDomain({ domain: { ...domain, chainId: BigInt(chainId) }, types: { EIP712Domain: [...domainTypes] } }) !== separator)
    return undefined
  const { address, nonce } = nobody
  const state = rpc.client.readContract({ address: token, abi, functionName: 'authorizationState', args: [address, nonce] })
  const nonces = rpc.client.readContract({ address: token, abi, functionName: 'nonces', args: [address] })
  return { domain, authorizations: (await asked(state)) !== undefined, permits: (await asked(nonces)) !== undefined }
}

/** How often an owner has signed a permit that was used. Throws `chain_unavailable`. */
export const permitNonce = async (rpc: Rpc, token: Address, owner: Address): Promise<bigint> => {
  try {
    return await rpc.client.readContract({ address: token, abi, functionName: 'nonces', args: [owner] })
  } catch (error) {
    throw unavailable(error)
  }
}

/** Undefined when the contract has no such function; a node that is silent says nothing about the contract. */
const asked = async <T>(question: Promise<T>): Promise<T | undefined> => {
  try {
    return await question
  } catch (error) {
    if (isSilence(error)) throw unavailable(error)
    return undefined
  }
}
