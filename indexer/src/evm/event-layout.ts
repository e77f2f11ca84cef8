import { keccak256, stringToBytes } from 'viem'
import { IndexerError } from '../errors.ts'
import type { ChainLog } from './log.ts'

type AbiInput = {
  readonly name?: string
  readonly type: string
  readonly indexed?: boolean
  readonly components?: readonly AbiInput[]
}

/** Reads one event out of a log: its arguments by name, words as they are, integers as decimal strings, addresses with their checksum. */
export type EventLayout = (log: ChainLog) => Record<string, string | number>

/**
 * The layout of an event whose arguments are all words, compiled once: viem's general decoder takes thirty times as long per log, which is
 * most of a backfill. As strict: a log with more or less in it, or with dirt beside a short value, throws `log_undecodable`.
 */
export const eventLayout = (inputs: readonly AbiInput[]): EventLayout => {
  const indexed = inputs.filter(input => input.indexed)
  const plain = inputs.filter(input => !input.indexed)
  const offsets = plain.map((_, i) => plain.slice(0, i).reduce((sum, input) => sum + wordsOf(input), 0))
  const dataLength = 2 + 64 * plain.reduce((sum, input) => sum + wordsOf(input), 0)
  const read = [
    ...indexed.map((input, i) => ({
      name: input.name!,
      of: readerOf(input),
      from: (log: ChainLog) => log.topics[i + 1]!.slice(2),
    })),
    ...plain.flatMap((input, i) => {
      const start = 2 + 64 * offsets[i]!
      // What is a struct is read by nobody here; its words count for the length.
      return input.components
        ? []
        : [{ name: input.name!, of: readerOf(input), from: (log: ChainLog) => log.data.slice(start, start + 64) }]
    }),
  ]
  return log => {
    const bad = (cause?: unknown) =>
      new IndexerError('log_undecodable', { txHash: log.txHash, logIndex: log.logIndex }, cause === undefined ? {} : { cause })
    if (log.topics.length !== indexed.length + 1 || log.data.length !== dataLength || !isHex(log.data)) throw bad()
    for (const topic of log.topics) if (topic.length !== 66 || !isHex(topic)) throw bad()
    const args: Record<string, string | number> = {}
    try {
      for (const { name, of, from } of read) args[name] = of(from(log))
    } catch (cause) {
      throw bad(cause)
    }
    return args
  }
}

const wordsOf = ({ type, components }: AbiInput): number => {
  if (components) return components.reduce((sum, input) => sum + wordsOf(input), 0)
  if (type.includes('[') || type === 'bytes' || type === 'string') throw new Error(`${type} is not made of words`)
  return 1
}

const readerOf = ({ name, type }: AbiInput): ((word: string) => string | number) => {
  if (type === 'bytes32') return word => `0x${word}`
  if (type === 'address') return word => checksummed(short(word, 40))
  if (type === 'bool') return word => Number(short(word, 1))
  const bits = Number(/^uint(\d+)$/.exec(type)?.[1])
  if (!bits) throw new Error(`no reader for ${type}`)
  // The one enum is a number; what viem gives as a number is otherwise an integer too.
  if (name === 'onExpiry') return word => Number(`0x${short(word, 2)}`)
  return word => BigInt(`0x${short(word, bits / 4)}`).toString()
}

const isHex = (text: string): boolean => /^0x[0-9a-f]*$/.test(text)

/** The last digits of a word, when all others are zero. */
const short = (word: string, digits: number): string => {
  const zeros = 64 - digits
  if (!word.startsWith('0'.repeat(zeros))) throw new Error('dirt in a word')
  return word.slice(zeros)
}

// A checksum is a Keccak hash, and most addresses come again, be it in the second reading.
const checksums = new Map<string, string>()

/** EIP-55. */
const checksummed = (digits: string): string => {
  const known = checksums.get(digits)
  if (known !== undefined) return known
  const hash = keccak256(stringToBytes(digits))
  let address = '0x'
  for (let i = 0; i < 40; i++) address += hash.charCodeAt(i + 2) >= eight ? digits[i]!.toUpperCase() : digits[i]!
  if (checksums.size >= 50_000) checksums.clear()
  checksums.set(digits, address)
  return address
}

const eight = '8'.charCodeAt(0)
