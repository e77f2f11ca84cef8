import { type Address, encodeFunctionData, type Hex, isAddressEqual, parseSignature, recoverTypedDataAddress } from 'viem'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { type Refused, refused } from '../../outcome.ts'
import type { SignedLock } from '../deposits.ts'
import type { Call } from './call.ts'
import type { EvmTerms } from './escrow-id.ts'
import type { TokenSigning } from './token-signing.ts'
import { authorizationOf, authorizationTypes } from './typed-deposit.ts'

/** Time for us to get it into a block. */
const marginSec = 60

type ToCheck = {
  readonly escrow: Address
  readonly id: Hex
  readonly terms: EvmTerms
  readonly signing: TokenSigning | undefined
  readonly nowSec: number
}

/** What is wrong with an authorization, without a word to the chain; undefined: nothing, and the payer has signed these very terms. */
export const problemOfSigned = async (
  { validAfter, validBefore, signature }: SignedLock,
  { escrow, id, terms, signing, nowSec }: ToCheck,
): Promise<Refused | undefined> => {
  if (!signing?.authorizations) return refused('authorization_unsupported', 'the token knows no ERC-3009')
  if (validAfter >= nowSec) return refused('authorization_expired', 'it is not valid yet')
  if (validBefore <= nowSec + marginSec) return refused('authorization_expired', 'it is valid no longer, or for too short a time')
  const message = authorizationOf(terms, { escrow, id, validAfter: BigInt(validAfter), validBefore: BigInt(validBefore) })
  const signer = await recoverTypedDataAddress({
    domain: signing.domain,
    types: authorizationTypes,
    primaryType: 'ReceiveWithAuthorization',
    message,
    signature,
  }).catch(() => undefined)
  if (signer === undefined || !isAddressEqual(signer, terms.payer))
    return refused('authorization_invalid', 'the signature is not the payer’s over these terms')
  return undefined
}

/** The call that locks by an authorization; our operator sends it and pays its gas, and it can move the payer's tokens nowhere else. */
export const signedLockCall = (
  key: string,
  terms: EvmTerms,
  { validAfter, validBefore, signature }: SignedLock,
  { operator, escrow }: { readonly operator: Hex; readonly escrow: Hex },
): Call => {
  const { r, s, yParity } = parseSignature(signature)
  const args = [terms, BigInt(validAfter), BigInt(validBefore), 27 + yParity, r, s] as const
  return {
    ...{ key, action: 'lock', sender: operator, to: escrow },
    data: encodeFunctionData({ abi: escrowAbi, functionName: 'lockWithAuthorization', args }),
  }
}
