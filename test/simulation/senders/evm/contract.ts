import { erc20Abi, getAbiItem, type Hex, toFunctionSelector } from 'viem'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { settlementTokenAbi } from '../../../../contracts/abi/settlement-token.ts'
import { testDollarAbi } from '../../../../contracts/abi/test-dollar.ts'
import { mintPayer } from '../../chain/escrow.ts'
import type { EscrowTerms } from '../../escrow-terms.ts'

export const escrowAddress = `0x${'33'.repeat(20)}` as const
export const tokenAddress = mintPayer as Hex

/** What some calldata asks for. */
export type Read =
  | { readonly kind: 'order'; readonly action: 'lock' | 'commit' | 'release' | 'refund'; readonly terms: EscrowTerms }
  | { readonly kind: 'transfer'; readonly payee: string; readonly amountMinor: string }
  | { readonly kind: 'statusOf'; readonly escrowId: string }

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

/** All of these take static words only; viem's reading of them would cost ten times as much. */
export const readCall = (data: Hex): Read => {
  const selector = data.slice(0, 10) as Hex
  const word = (index: number) => data.slice(10 + 64 * index, 74 + 64 * index)
  const address = (index: number) => `0x${word(index).slice(24)}`
  const number = (index: number) => BigInt(`0x${word(index)}`)
  if (selector === transfer) return { kind: 'transfer', payee: address(0), amountMinor: number(1).toString() }
  if (selector === statusOf) return { kind: 'statusOf', escrowId: `0x${word(0)}` }
  const from = selector === mintAndLock ? 1 : 0
  const action = selector === mintAndLock || selector === lockSigned ? 'lock' : selectors.get(selector)
  if (action === undefined) throw new Error(`nothing is known by ${selector}`)
  const terms = {
    ref: `0x${word(from)}`,
    currency: 'USDC',
    payer: address(from + 2),
    payee: address(from + 3),
    amountMinor: number(from + 4).toString(),
    refundAfter: Number(number(from + 5)),
    hardDeadline: Number(number(from + 6)),
    onExpiry: number(from + 7) === 1n ? 'release' : 'refund',
  } as const
  return { kind: 'order', action, terms }
}

const errors = [...escrowAbi, ...settlementTokenAbi, ...testDollarAbi].filter(item => item.type === 'error')
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
