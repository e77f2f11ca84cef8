import { expect, test } from 'vitest'
import { kindOf } from './broadcast.ts'

test.each([
  ['already known', 'held'], // geth, Reth
  ['ALREADY_EXISTS: already known', 'held'], // Erigon
  ['AlreadyKnown', 'held'], // Nethermind
  ['Known transaction', 'held'], // Besu
  ['Known transaction: 0x3c7b', 'held'], // Hardhat
  ['transaction already imported', 'held'], // Anvil
  ['nonce too low: next nonce 7, tx nonce 3', 'nonceTooLow'],
  ['Nonce too low. Expected nonce to be 7 but got 3.', 'nonceTooLow'],
  ['OldNonce, Current nonce: 7, nonce of rejected tx: 3', 'nonceTooLow'],
  ['replacement transaction underpriced', 'rejected'],
  ['insufficient funds for gas * price + value', 'rejected'],
  ['txpool is full', 'rejected'],
] as const)('"%s" is %s', (message, kind) => {
  expect(kindOf(message)).toBe(kind)
})
