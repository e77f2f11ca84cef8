import type { Address, PublicClient, TypedDataDomain } from 'viem'

const usesSalt = 0x10

/** The domain that a contract publishes (EIP-5267), of which only the fields count that it names: viem hands on an unused salt, too. */
export const eip712Domain = async (client: Pick<PublicClient, 'getEip712Domain'>, address: Address): Promise<TypedDataDomain> => {
  const { domain, fields } = await client.getEip712Domain({ address })
  const { salt, ...unsalted } = domain
  return Number(fields) & usesSalt ? { ...unsalted, salt } : unsalted
}
