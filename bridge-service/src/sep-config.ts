import { StrKey } from '@stellar/stellar-sdk'
import { z } from 'zod'
import type { ChainId } from './chains/chain.ts'

/** The fields of SEP-1's [DOCUMENTATION] table. */
const organizationFields = [
  'ORG_NAME',
  'ORG_DBA',
  'ORG_URL',
  'ORG_LOGO',
  'ORG_DESCRIPTION',
  'ORG_PHYSICAL_ADDRESS',
  'ORG_PHYSICAL_ADDRESS_ATTESTATION',
  'ORG_PHONE_NUMBER',
  'ORG_PHONE_NUMBER_ATTESTATION',
  'ORG_KEYBASE',
  'ORG_TWITTER',
  'ORG_GITHUB',
  'ORG_OFFICIAL_EMAIL',
  'ORG_SUPPORT_EMAIL',
  'ORG_LICENSING_AUTHORITY',
  'ORG_LICENSE_TYPE',
  'ORG_LICENSE_NUMBER',
] as const

const stellarChain = z.custom<ChainId>(
  value => typeof value === 'string' && /^stellar:[\w.-]+$/.test(value),
  'e.g. stellar:testnet',
)
const domain = (maxLength: number) =>
  z
    .string()
    .regex(/^[a-z0-9.-]+(?::\d+)?$/, 'a host name, with a port if need be')
    .max(maxLength)
// `<home domain> auth` is the key of a data entry and the web auth domain the value of one: 64 bytes at most (SEP-10).
const homeDomain = domain(59)
const webAuthDomain = domain(64)
const text = z
  .string()
  .min(1)
  .max(1_000)
  .refine(value => !/\p{Cc}/u.test(value) && value.isWellFormed(), 'no control characters')
const account = z.string().refine(value => StrKey.isValidEd25519PublicKey(value), 'an account: G…')

/** Wallets refuse plain HTTP; a local world has nothing else. */
const publicUrl = z
  .url()
  .refine(value => {
    const { protocol, hostname } = new URL(value)
    return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)
  }, 'must use https')
  .transform(value => value.replace(/\/+$/, ''))

/** What Stellar wallets are told: `CAUSEWAY_STELLAR_SEP`. */
export const sepShape = z
  .strictObject({
    /** The chain of `CAUSEWAY_CHAINS` that is offered. */
    chain: stellarChain,
    /** Where this API is reached from outside. */
    publicUrl,
    /** The domain that serves stellar.toml; that of `publicUrl` where nothing is said. */
    homeDomain: homeDomain.optional(),
    /** The domain that wallets authenticate at; the host name of `publicUrl` where nothing is said. */
    webAuthDomain: webAuthDomain.optional(),
    /** Whose the quotes are that wallets ask for. */
    tenant: text,
    organization: z.partialRecord(z.enum(organizationFields), text).default({}),
    /** Accounts of ours to publish beside the treasury. */
    accounts: z.array(account).default([]),
    /** Wallets whose domain is verified when they ask for it. Others are treated as if they had not asked. */
    clientDomains: z.array(webAuthDomain).default([]),
    sessionMs: z.int().positive().default(3_600_000),
  })
  .transform((read, context) => {
    const { host, hostname } = new URL(read.publicUrl)
    const home = homeDomain.safeParse(read.homeDomain ?? host)
    // Wallets compare it with the host name of the endpoint, without its port.
    const webAuth = webAuthDomain.safeParse(read.webAuthDomain ?? hostname)
    if (home.success && webAuth.success) return { ...read, homeDomain: home.data, webAuthDomain: webAuth.data }
    const path = home.success ? 'webAuthDomain' : 'homeDomain'
    context.addIssue({ code: 'custom', path: [path], message: 'needed: the host of publicUrl is too long' })
    return z.NEVER
  })

/** What wallets need of an entry of `CAUSEWAY_CHAINS`: Horizon is asked for the signers of those who authenticate. */
export const sepNetwork = z.object({
  id: stellarChain,
  horizonUrl: z.url().transform(value => value.replace(/\/+$/, '')),
  passphrase: z.string().min(1),
})

/** The secret seed (S…) that challenges are signed with. */
export const signingSeed = z.string().refine(value => StrKey.isValidEd25519SecretSeed(value), 'a secret seed: S…')

// HS256 asks for a key as long as its hash (RFC 7518, 3.2).
export const jwtSecret = z.string().refine(value => Buffer.byteLength(value) >= 32, 'at least 32 bytes')

export type SepConfig = z.output<typeof sepShape> & {
  readonly horizonUrl: string
  readonly passphrase: string
  readonly signingSeed: string
  readonly jwtSecret: string
}
