import { type Address, encodeAbiParameters, type Hex, keccak256, stringToHex } from 'viem'

export type LockedTerms = {
  readonly ref: Hex
  readonly token: Address
  readonly payer: Address
  readonly payee: Address
  readonly amount: bigint
  readonly refundAfter: bigint
  readonly hardDeadline: bigint
  readonly onExpiry: number
}

const hashText = (text: string) => keccak256(stringToHex(text))
const domainType = hashText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')
const termsType = hashText(
  'Terms(bytes32 ref,address token,address payer,address payee,uint256 amount,uint64 refundAfter,uint64 hardDeadline,uint8 onExpiry)',
)
const words = (...types: string[]) => types.map(type => ({ type }))

/** The id that an escrow of these terms must have: EIP-712, spelled out here so that it leans on nobody else's reading of it. */
export const termsId = (terms: LockedTerms, { chainId, escrow }: { chainId: number; escrow: Address }): Hex => {
  const domain = keccak256(
    encodeAbiParameters(words('bytes32', 'bytes32', 'bytes32', 'uint256', 'address'), [
      domainType,
      hashText('Causeway Escrow'),
      hashText('1'),
      BigInt(chainId),
      escrow,
    ]),
  )
  const struct = keccak256(
    encodeAbiParameters(words('bytes32', 'bytes32', 'address', 'address', 'address', 'uint256', 'uint64', 'uint64', 'uint8'), [
      ...[termsType, terms.ref, terms.token, terms.payer, terms.payee, terms.amount],
      ...[terms.refundAfter, terms.hardDeadline, terms.onExpiry],
    ]),
  )
  return keccak256(`0x1901${domain.slice(2)}${struct.slice(2)}`)
}
