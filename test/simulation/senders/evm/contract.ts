import { erc20Abi, getAbiItem, type Hex, toFunctionSelector, zeroAddress } from 'viem'
import { depositAddressesAbi } from '../../../../contracts/abi/deposit-addresses.ts'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../../../contracts/abi/settlement-token.ts'
import { testDollarAbi } from '../../../../contracts/abi/test-dollar.ts'
import { nativeCoin } from '../../chain/at-address.ts'
import { ownToken } from '../../chain/brought.ts'
import { mintPayer } from '../../chain/escrow.ts'
import type { EscrowTerms } from '../../escrow-terms.ts'

export const escrowAddress = `0x${'33'.repeat(20)}` as const
export const tokenAddress = mintPayer as Hex
/** Of the contract of the deposit addresses. */
export const addressesAddress = `0x${'55'.repeat(20)}` as const

/** What some calldata asks for. */
export type Read =
  | { readonly kind: 'order'; readonly action: 'lock' | 'commit' | 'release' | 'refund'; readonly terms: EscrowTerms }
  | { readonly kind: 'transfer'; readonly payee: string; readonly amountMinor: string }
  | { readonly kind: 'statusOf'; readonly escrowId: string }
  | { readonly kind: 'atAddress'; readonly action: 'lockThere' | 'recover'; readonly terms: EscrowTerms; readonly token: string }
  | { readonly kind: 'look'; readonly deposits: readonly EscrowTerms[]; readonly tokens: readonly string[] }

const selectors = new Map(
  (['lock', 'commit', 'release', 'refund'] as const).map(name => [
    toFunctionSelector(getAbiItem({ abi: escrowAbi, name })),
    name,
  ]),
)
const lockSigned = toFunctionSelector(getAbiItem({ abi: escrowAbi, name: 'lockWithAuthorization' }))
const statusOf = toFunctionSelector(getAbiItem({ abi: escrowAbi, name: 'statusOf' }))
const mintAndLock = toFunctionSelector(getAbiItem({ abi: settlementTokenAbi, name: 'mintAndLock' }))
const transfer = toFunctionSelector(getAbiItem({ abi: erc20Abi, name: 'transfer' }))

const lockThere = toFunctionSelector(getAbiItem({ abi: depositAddressesAbi, name: 'lock' }))
const recover = toFunctionSelector(getAbiItem({ abi: depositAddressesAbi, name: 'recover' }))
const look = toFunctionSelector(getAbiItem({ abi: depositAddressesAbi, name: 'look' }))

const wordsOfTerms = 8

/** These take words, and lists of words; viem's reading of them would cost ten times as much. */
export const readCall = (to: string, data: Hex): Read => {
  const selector = data.slice(0, 10) as Hex
  const word = (index: number) => data.slice(10 + 64 * index, 74 + 64 * index)
  const address = (index: number) => `0x${word(index).slice(24)}`
  const number = (index: number) => BigInt(`0x${word(index)}`)
  if (selector === transfer) return { kind: 'transfer', payee: address(0), amountMinor: number(1).toString() }
  if (selector === statusOf) return { kind: 'statusOf', escrowId: `0x${word(0)}` }
  const termsAt = (from: number): EscrowTerms => ({
    ref: `0x${word(from)}`,
    currency: ownToken,
    payer: address(from + 2),
    payee: address(from + 3),
    amountMinor: number(from + 4).toString(),
    refundAfter: Number(number(from + 5)),
    hardDeadline: Number(number(from + 6)),
    onExpiry: number(from + 7) === 1n ? 'release' : 'refund',
  })
  const listAt = <T>(index: number, size: number, read: (from: number) => T): T[] => {
    const at = Number(number(index)) / 32
    return Array.from({ length: Number(number(at)) }, (_, nth) => read(at + 1 + nth * size))
  }
  const nameAt = (index: number) => (address(index) === zeroAddress ? nativeCoin : ownToken)
  if (to.toLowerCase() === addressesAddress) {
    if (selector === look) return { kind: 'look', deposits: listAt(0, wordsOfTerms, termsAt), tokens: listAt(1, 1, nameAt) }
    if (selector === lockThere) return { kind: 'atAddress', action: 'lockThere', terms: termsAt(0), token: ownToken }
    if (selector === recover) return { kind: 'atAddress', action: 'recover', terms: termsAt(0), token: nameAt(wordsOfTerms) }
  }
  const from = selector === mintAndLock ? 1 : 0
  const action = selector === mintAndLock || selector === lockSigned ? 'lock' : selectors.get(selector)
  if (action === undefined) throw new Error(`nothing is known by ${selector}`)
  return { kind: 'order', action, terms: termsAt(from) }
}

/** What the contract answers to a look. */
export const holdingsData = (
  holdings: readonly { readonly account: string; readonly status: number; readonly units: readonly bigint[] }[],
): Hex => {
  const word = (value: bigint | number) => value.toString(16).padStart(64, '0')
  // A struct: three words, then its list.
  const structs = holdings.map(({ account, status, units }) =>
    [word(BigInt(account)), word(status), word(3 * 32), word(units.length), ...units.map(word)].join(''),
  )
  let at = 32 * holdings.length
  const offsets = structs.map(struct => {
    const offset = word(at)
    at += struct.length / 2
    return offset
  })
  return `0x${[word(32), word(holdings.length), ...offsets, ...structs].join('')}`
}

const errors = [...escrowAbi, ...depositAddressesAbi, ...settlementTokenAbi, ...testDollarAbi].filter(
  item => item.type === 'error',
)
const encoded = new Map<string, Hex>()

/** What a node gives of a revert: the contract's error by its name, with nothing in it. */
export const revertData = (name: string): Hex => {
  const known = encoded.get(name)
  if (known !== undefined) return known
  const error = errors.find(item => item.name === name)
  if (error === undefined) throw new Error(`no contract has an error ${name}`)
  const types = error.inputs.map(({ type }: { readonly type: string }) => type)
  const data: Hex = `${toFunctionSelector(`${name}(${types.join()})`)}${'00'.repeat(32 * types.length)}`
  encoded.set(name, data)
  return data
}
