import { decodeFunctionResult, encodeFunctionData, getAddress, type Hex, zeroAddress } from 'viem'
import { expect, it } from 'vitest'
import { depositAddressesAbi as abi } from '../../../../contracts/abi/deposit-addresses.ts'
import { escrowAbi } from '../../../../contracts/abi/escrow.ts'
import { addressesAddress, escrowAddress, holdingsData, readCall, tokenAddress } from './contract.ts'

const hex = (byte: string, size: number): Hex => `0x${byte.repeat(size)}`
const terms = {
  ...{ ref: hex('ab', 32), token: tokenAddress, payer: hex('44', 20), payee: hex('22', 20), amount: 1_000_000n },
  ...{ refundAfter: 1_900_000_000n, hardDeadline: 1_900_086_400n, onExpiry: 0 },
}
const read = {
  ...{ ref: terms.ref, currency: 'USDC', payer: terms.payer, payee: terms.payee, amountMinor: '1000000' },
  ...{ refundAfter: 1_900_000_000, hardDeadline: 1_900_086_400, onExpiry: 'refund' },
}

it('reads what is asked of the deposit addresses as viem writes it', () => {
  const look = encodeFunctionData({
    abi,
    functionName: 'look',
    args: [
      [terms, terms],
      [tokenAddress, zeroAddress],
    ],
  })
  expect(readCall(addressesAddress, look)).toEqual({ kind: 'look', deposits: [read, read], tokens: ['USDC', 'native'] })
  const recover = encodeFunctionData({ abi, functionName: 'recover', args: [terms, zeroAddress] })
  expect(readCall(addressesAddress, recover)).toEqual({ kind: 'atAddress', action: 'recover', terms: read, token: 'native' })
})

it('tells a lock of a deposit address from one of the escrow, which looks the same', () => {
  const data = encodeFunctionData({ abi, functionName: 'lock', args: [terms] })
  expect(encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [terms] })).toBe(data)
  expect(readCall(getAddress(addressesAddress), data)).toMatchObject({ kind: 'atAddress', action: 'lockThere' })
  expect(readCall(escrowAddress, data)).toEqual({ kind: 'order', action: 'lock', terms: read })
})

it('answers a look as viem reads it', () => {
  const holdings = [
    { account: hex('c1', 20), status: 3, units: [5n, 0n] },
    { account: hex('d2', 20), status: 0, units: [0n, 2n ** 90n] },
  ]
  expect(decodeFunctionResult({ abi, functionName: 'look', data: holdingsData(holdings) })).toEqual(
    holdings.map(({ account, status, units }) => ({ account: getAddress(account), status, balances: units })),
  )
})
