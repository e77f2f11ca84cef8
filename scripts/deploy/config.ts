import { readFileSync } from 'node:fs'
import { getAddress, isAddress, parseUnits } from 'viem'
import { z } from 'zod'
import { DeployFailure } from './failure.ts'

const address = z
  .string()
  .refine(text => isAddress(text), 'not an address')
  .transform(text => getAddress(text))
const seconds = z.int().min(0)
const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'a decimal string')
const currency = z.enum(['USDC', 'EURC'])

// As the contract does: at most 1,023 times a power of ten, up to 10^36 (contracts/libraries/RoundAmount.sol).
const isRound = (minor: bigint) => {
  let [mantissa, exponent] = [minor, 0]
  while (mantissa > 1_023n && mantissa % 10n === 0n) [mantissa, exponent] = [mantissa / 10n, exponent + 1]
  return mantissa <= 1_023n && exponent <= 36
}
const limits = z.strictObject({
  capacity: decimal,
  refillPerDay: decimal,
  attestationThreshold: decimal,
  attestationQuorum: z.int().min(0).max(255),
})
const minter = z.strictObject({ account: address, perTransaction: decimal, capacity: decimal, refillPerDay: decimal })

const token = z.discriminatedUnion('kind', [
  /** A token that is there already. */
  z.strictObject({ kind: z.literal('existing'), currency, address, decimals: z.int().min(0).max(36), limits }),
  /** Our own, which the bridge mints; see contracts/SettlementToken.sol. */
  z.strictObject({
    ...{ kind: z.literal('settlement'), currency, name: z.string().min(1), symbol: z.string().min(1) },
    ...{ limits, limiters: z.array(address), pausers: z.array(address), minters: z.array(minter) },
  }),
])

const schema = z
  .strictObject({
    /** Names the deployment: its journal and its address book. */
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'small letters, digits, hyphens'),
    chainId: z.int().min(1),
    rpcUrl: z.url(),
    /** The environment variable that holds the deployer's private key; the key itself does not belong in a file. */
    deployerKeyVariable: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
    admin: address,
    adminDelay: seconds.max(2 ** 40),
    limitsDelay: seconds,
    operators: z.array(address).min(1),
    guardians: z.array(address).min(1),
    limiters: z.array(address),
    attesters: z.array(address),
    tokens: z.array(token).min(1).max(64),
  })
  .superRefine(({ operators, attesters, tokens }, context) => {
    for (const attester of attesters)
      if (operators.includes(attester))
        context.addIssue({ code: 'custom', path: ['attesters'], message: `${attester} is an operator, and must not attest` })
    const currencies = tokens.map(({ currency }) => currency)
    if (new Set(currencies).size < currencies.length)
      context.addIssue({ code: 'custom', path: ['tokens'], message: 'a currency is there twice' })
    for (const [index, token] of tokens.entries()) checkLimits(token, ['tokens', index], context)
  })

const checkLimits = (token: z.output<typeof schemaOfToken>, path: (string | number)[], context: z.RefinementCtx) => {
  const decimals = decimalsOf(token)
  const minors = Object.entries(token.limits).flatMap(([name, text]) => {
    if (typeof text === 'number') return []
    if ((text.split('.')[1] ?? '').length > decimals) {
      context.addIssue({ code: 'custom', path: [...path, 'limits', name], message: `more than ${decimals} decimals` })
      return []
    }
    const minor = parseUnits(text, decimals)
    if (!isRound(minor))
      context.addIssue({ code: 'custom', path: [...path, 'limits', name], message: 'more digits than the contract can keep' })
    return [[name, minor] as const]
  })
  const { capacity = 0n, refillPerDay = 0n } = Object.fromEntries(minors)
  if (capacity > refillPerDay * 365n)
    context.addIssue({ code: 'custom', path: [...path, 'limits'], message: 'the bucket must refill within 365 days' })
}
const schemaOfToken = token

export type DeployConfig = z.output<typeof schema>
export type DeployToken = z.output<typeof token>

/** A settlement token has six decimals. */
export const decimalsOf = (token: DeployToken): number => (token.kind === 'existing' ? token.decimals : 6)

/** Limits as the contract takes them, in minor units. */
export const limitsOf = (token: DeployToken) => {
  const minor = (text: string) => parseUnits(text, decimalsOf(token))
  const { capacity, refillPerDay, attestationThreshold, attestationQuorum } = token.limits
  return {
    ...{ capacity: minor(capacity), refillPerDay: minor(refillPerDay) },
    ...{ attestationThreshold: minor(attestationThreshold), attestationQuorum },
  }
}

/** Throws `config_invalid` with every place that is wrong. */
export const readDeployConfig = (path: string): DeployConfig => {
  let text: unknown
  try {
    text = JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new DeployFailure('config_invalid', [`${path}: ${(cause as Error).message}`], { cause })
  }
  const read = schema.safeParse(text)
  if (read.success) return read.data
  throw new DeployFailure(
    'config_invalid',
    read.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`),
  )
}
