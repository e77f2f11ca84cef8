import { bytesToHex, type Hex, hexToBytes, keccak256, pad } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EscrowChain, startEscrowChain } from '../../support/escrow-chain.ts'
import { bloomAdmits } from './bloom.ts'

let evm: EscrowChain
beforeAll(async () => {
  evm = await startEscrowChain()
})
afterAll(() => evm?.stop())

test('the bloom of a real block admits who logged in it, and hardly anyone else', async () => {
  await evm.lock(1n)
  await evm.mine()
  const { logsBloom } = await evm.tip()
  expect(bloomAdmits(evm.escrow)(logsBloom!)).toBe(true)
  expect(bloomAdmits(evm.token)(logsBloom!)).toBe(true)
  const strangers = Array.from({ length: 200 }, (_, i) => keccak256(bytesToHex(Uint8Array.of(i))).slice(0, 42) as Hex)
  expect(strangers.filter(address => bloomAdmits(address)(logsBloom!)).length).toBeLessThan(10)
})

test('a block without logs admits nobody', async () => {
  await evm.mine()
  const { logsBloom } = await evm.tip()
  expect(hexToBytes(logsBloom!).every(byte => byte === 0)).toBe(true)
  expect(bloomAdmits(evm.escrow)(logsBloom!)).toBe(false)
  expect(bloomAdmits(evm.escrow)(pad('0x0', { size: 256 }))).toBe(false)
})
