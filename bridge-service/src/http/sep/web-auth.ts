import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BridgeError } from '../../errors.ts'
import type { ServerDeps } from '../server-deps.ts'
import { makeChallenge, verifyChallenge } from './challenge.ts'
import { takeAnswer } from './challenge-store.ts'
import type { SepDeps } from './sep-deps.ts'
import { issueSession } from './session.ts'

const maxMemo = 2n ** 64n - 1n

const challengeQuery = z
  .object({
    account: z.string(),
    memo: z
      .string()
      .refine(text => /^\d{1,20}$/.test(text) && BigInt(text) <= maxMemo, 'Only memos of type id: a number below 2^64.')
      .optional(),
    home_domain: z.string().optional(),
    client_domain: z.string().optional(),
  })
  .refine(({ account, memo }) => memo === undefined || !account.startsWith('M'), {
    path: ['memo'],
    message: 'A muxed account has its memo in it.',
  })

/** Web authentication of Stellar accounts (SEP-10 3.4): a challenge to sign, and a token for its answer. */
export const webAuthRoutes =
  (
    { pool, nowMs }: Pick<ServerDeps, 'pool' | 'nowMs'>,
    { config, accountSigners, clientSigningKey }: SepDeps,
  ): FastifyPluginAsyncZod =>
  async app => {
    const clientDomains = new Set(config.clientDomains)

    app.get('/auth', {
      schema: { hide: true, querystring: challengeQuery },
      handler: async request => {
        const { account, memo, home_domain = config.homeDomain, client_domain } = request.query
        if (home_domain !== config.homeDomain) throw new BridgeError('home_domain_unknown', { homeDomain: config.homeDomain })
        // Only domains that an operator has named are fetched: a stranger does not choose what our servers connect to.
        const client =
          client_domain !== undefined && clientDomains.has(client_domain)
            ? { domain: client_domain, signingKey: await clientSigningKey(client_domain) }
            : undefined
        const transaction = makeChallenge(config, { account, memo, client })
        return { transaction, network_passphrase: config.passphrase }
      },
    })

    app.post('/auth', {
      schema: { hide: true, body: z.object({ transaction: z.string() }) },
      handler: async request => {
        const answered = await verifyChallenge(config, request.body.transaction, accountSigners, nowMs())
        await takeAnswer(pool, answered)
        return { token: issueSession(config, answered, answered.challenge, nowMs()) }
      },
    })
  }
