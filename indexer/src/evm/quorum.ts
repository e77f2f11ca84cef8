import { createHash } from 'node:crypto'
import type { BlockRef } from '../canonical.ts'
import { IndexerError } from '../errors.ts'
import type { Hash } from '../observation.ts'
import { agreeOnHead } from './agree-on-head.ts'
import { type Header, identityOf } from './header.ts'
import type { ChainLog } from './log.ts'
import type { EvmNode } from './node.ts'
import type { Source, Standing } from './source.ts'
import { supplies } from './supplies.ts'

export type Disagreement = { readonly endpoint: string; readonly what: string; readonly height?: bigint }

export type QuorumOptions = {
  readonly chainId: number
  /** So many nodes must give the same answer. */
  readonly quorum: number
  readonly onDisagreement: (disagreement: Disagreement) => void
}

type Member = {
  readonly node: EvmNode
  readonly name: string
  standing: Standing
  identity: { chainId: number; genesisHash: Hash } | undefined
  head: Header | undefined
  /** The round of questions in which it gave its head: what it said before is no vote. */
  heardIn: number
  disagreements: number
  /** An answer is still on its way: a node that hangs is not asked again and again. */
  probing: boolean
  silences: number
  askAgainAtMs: number
  shunnedUntilMs: number
}

// How long the others wait for a node that is slower than they are, and how long one is left out that was caught with a wrong answer, if
// there are enough without it: `quorum` equal answers make it safe, not the choice of who is asked.
const graceMs = 200
const shunMs = { first: 500, longest: 60_000 }
const longestRestMs = 30_000
// A node of another chain is asked again this rarely which chain it is of: somebody may have set it right.
const foreignRestMs = 60_000

/**
 * Several nodes as one source. An answer counts when `quorum` nodes gave it; those that gave another one are dropped and reported. In the
 * order of the configuration, so that the first is the one that is asked when one is enough.
 */
export const quorumSource = (nodes: readonly EvmNode[], { chainId, quorum, onDisagreement }: QuorumOptions): Source => {
  const members: Member[] = nodes.map((node, i) => ({
    node,
    name: nodes.slice(0, i).some(({ rpc }) => rpc.name === node.rpc.name) ? `${node.rpc.name}#${i + 1}` : node.rpc.name,
    ...{ standing: 'lagging', identity: undefined, head: undefined, heardIn: 0, disagreements: 0, probing: false },
    ...{ silences: 0, askAgainAtMs: 0, shunnedUntilMs: 0 },
  }))
  const supplied = supplies()
  let genesisHash: Hash | undefined
  let round = 0

  const disagree = (member: Member, standing: 'forked' | 'lying' | 'foreign', what: string, height?: bigint) => {
    // Told once per episode, not once per poll.
    if (member.standing !== standing) {
      member.disagreements += 1
      onDisagreement({ endpoint: member.name, what, ...(height === undefined ? {} : { height }) })
    }
    member.standing = standing
    if (standing === 'lying')
      member.shunnedUntilMs = Date.now() + Math.min(shunMs.first * 2 ** Math.min(member.disagreements - 1, 16), shunMs.longest)
  }

  const failed = (member: Member, error: unknown) => {
    if (isForeign(member)) return
    const limited = error instanceof IndexerError && error.code === 'rpc_limited'
    member.standing = limited ? 'limited' : 'silent'
    member.silences += 1
    const restMs = Math.min(100 * 2 ** Math.min(member.silences, 10), longestRestMs)
    member.askAgainAtMs = limited ? member.node.rpc.limitedUntilMs() : Date.now() + restMs
  }

  const identify = async (member: Member): Promise<void> => {
    const again = isForeign(member) && member.askAgainAtMs <= Date.now()
    if (again) member.askAgainAtMs = Date.now() + foreignRestMs
    if (again || member.identity === undefined) member.identity = await member.node.identity()
    const { identity } = member
    const wrong =
      identity.chainId !== chainId
        ? 'chain_id'
        : genesisHash !== undefined && identity.genesisHash !== genesisHash
          ? 'genesis'
          : undefined
    if (wrong === undefined) {
      if (isForeign(member)) member.standing = 'lagging'
      return
    }
    if (!isForeign(member)) member.askAgainAtMs = Date.now() + foreignRestMs
    disagree(member, 'foreign', wrong)
  }

  /** Its newest block; undefined when it gives none. */
  const probe = async (member: Member): Promise<void> => {
    member.probing = true
    try {
      await identify(member)
      if (isForeign(member)) return
      member.head = await member.node.latest()
      member.heardIn = round
      member.silences = 0
      if (member.standing === 'silent' || member.standing === 'limited') member.standing = 'lagging'
    } catch (error) {
      member.head = undefined
      failed(member, error)
    } finally {
      member.probing = false
    }
  }

  const isForeign = ({ standing }: Member) => standing === 'foreign'
  const isShunned = ({ standing, shunnedUntilMs }: Member, nowMs = Date.now()) => standing === 'lying' && nowMs < shunnedUntilMs

  /** Whose answers count for a block of this height, the best first. */
  const eligible = (height: bigint): Member[] => {
    const nowMs = Date.now()
    const there = members.filter(
      member =>
        (member.standing === 'good' || member.standing === 'lagging' || member.standing === 'lying') &&
        member.identity !== undefined &&
        member.node.rpc.limitedUntilMs() <= nowMs &&
        member.head !== undefined &&
        member.head.number >= height,
    )
    return enough(there).sort((a, b) => Number(b.standing === 'good') - Number(a.standing === 'good'))
  }

  /** Without those that are left out for a lie, as long as so many are left. */
  const enough = (some: readonly Member[]): Member[] => {
    const nowMs = Date.now()
    const trusted = some.filter(member => !isShunned(member, nowMs))
    return trusted.length >= quorum ? trusted : [...some]
  }

  /**
   * Asks as few as may settle it, and the rest when these do not agree. `undefined` is what a node does not have: no vote, and no lie.
   * Below finality, or by hash, another answer is a lie; above it, it may be another branch.
   */
  const agree = async <T>(
    what: string,
    height: bigint,
    ask: (node: EvmNode) => Promise<T>,
    digest: (answer: NonNullable<T>) => string,
    otherwise: 'lying' | 'forked' = 'lying',
  ): Promise<{ answer: T; by: string[] }> => {
    const candidates = eligible(height)
    const votes = new Map<string, { answer: T; members: Member[] }>()
    let blanks = 0
    const hear = async (member: Member) => {
      try {
        const answer = await ask(member.node)
        if (answer === undefined || answer === null) {
          blanks += 1
          return
        }
        const said = quorum === 1 ? '' : digest(answer)
        const vote = votes.get(said)
        if (vote) vote.members.push(member)
        else votes.set(said, { answer, members: [member] })
      } catch (error) {
        failed(member, error)
      }
    }
    const winner = () => [...votes.values()].find(vote => vote.members.length >= quorum)
    if (candidates.length >= quorum) {
      await Promise.all(candidates.slice(0, quorum).map(hear))
      // One after the other where one is enough: each may be the answer. Else together: what is missing are votes.
      const rest = candidates.slice(quorum)
      if (quorum === 1) for (let i = 0; i < rest.length && !winner(); i++) await hear(rest[i]!)
      else if (!winner()) await Promise.all(rest.map(hear))
    }
    const won = winner()
    if (!won && votes.size === 0 && blanks >= quorum) return { answer: undefined as T, by: [] }
    if (!won)
      throw new IndexerError('no_quorum', { what, height, quorum, answers: [...votes.values()].map(vote => vote.members.length) })
    for (const vote of votes.values())
      if (vote !== won) for (const member of vote.members) disagree(member, otherwise, what, height)
    return { answer: won.answer, by: won.members.map(({ name }) => name) }
  }

  const probeAll = async (): Promise<void> => {
    round += 1
    const nowMs = Date.now()
    const mayBeAsked = (member: Member) => !isForeign(member) || member.askAgainAtMs <= nowMs
    const free = members.filter(member => !member.probing && mayBeAsked(member))
    const due = enough(free.filter(member => member.askAgainAtMs <= nowMs))
    const answers = due.map(probe)
    const all = Promise.all(answers)
    await Promise.race([all, firstOf(answers, quorum).then(() => wait(graceMs))])
    if (heard().length < quorum) await all
    // With too few left, whoever rests is asked all the same: his rest would be ours.
    if (heard().length < quorum) await Promise.all(free.filter(member => !due.includes(member)).map(probe))
  }

  const heard = () => members.filter(member => member.head !== undefined && member.heardIn === round && !isForeign(member))

  const head = async () => {
    await probeAll()
    const voices = enough(heard()).map(member => ({ node: member, head: member.head! }))
    const agreement = await agreeOnHead(voices, quorum, async (member, height) =>
      member.node
        .headers(height, height)
        .then(([header]) => header)
        .catch(error => {
          failed(member, error)
          return undefined
        }),
    )
    if (!agreement)
      throw new IndexerError('no_quorum', {
        what: 'head',
        quorum,
        heads: voices.map(({ node, head }) => `${node.name} ${head.number}`),
      })
    for (const member of agreement.agreeing) member.standing = 'good'
    for (const member of agreement.lagging)
      if (member.standing !== 'silent' && member.standing !== 'limited') member.standing = 'lagging'
    for (const member of agreement.dissenting) disagree(member, 'forked', 'head', agreement.head.number)
    return { latest: agreement.head, tags: { latest: agreement.head, ...(await tagsOf(agreement.agreeing, agreement.head)) } }
  }

  /** As final as `quorum` nodes say. Whether it is on our branch is for the follower to compare. */
  const tagsOf = async (agreeing: readonly Member[], head: Header) => {
    const said = await Promise.all(
      agreeing.map(member =>
        member.node.tags().catch(error => {
          failed(member, error)
          return undefined
        }),
      ),
    )
    // A node whose newest block is final says nothing about finality. Next to one that says a lower one it would vouch for that.
    const heard = said
      .filter(tags => tags !== undefined)
      .map(tags =>
        tags.finalized === undefined || tags.finalized.number < head.number ? tags : { safe: undefined, finalized: undefined },
      )
    if (heard.length < quorum) throw new IndexerError('no_quorum', { what: 'tags', quorum, answers: heard.length })
    const agreed = (tag: 'safe' | 'finalized'): BlockRef | undefined => {
      const blocks = heard.map(tags => tags[tag]).filter(block => block !== undefined)
      return blocks.sort((a, b) => (a.number < b.number ? 1 : -1))[quorum - 1]
    }
    return { safe: agreed('safe'), finalized: agreed('finalized') }
  }

  const byHash = async (hash: Hash) => (await agree('block', 0n, node => node.byHash(hash), identityOf)).answer

  return {
    identity: async () => {
      await Promise.all(members.map(member => identify(member).catch(error => failed(member, error))))
      const known = members.filter(member => member.identity !== undefined && member.identity.chainId === chainId)
      const foreign = members.filter(member => member.identity !== undefined && member.identity.chainId !== chainId)
      if (members.length - foreign.length < quorum)
        throw new IndexerError('chain_id_mismatch', { configured: chainId, served: foreign[0]?.identity?.chainId })
      const [best] = [...Map.groupBy(known, member => member.identity!.genesisHash)].sort((a, b) => b[1].length - a[1].length)
      if (!best || best[1].length < quorum) {
        // Nobody is right yet, so whoever asks next asks all of them anew.
        for (const member of known) member.identity = undefined
        throw new IndexerError('no_quorum', { what: 'genesis', quorum, answers: known.length })
      }
      genesisHash = best[0]
      await Promise.all(known.map(identify))
      return { genesisHash }
    },
    head,
    byHash,
    headers: async (from, to) =>
      (
        await agree(
          'headers',
          to,
          node => node.headers(from, to),
          headers => headers.map(identityOf).join(),
          'forked',
        )
      ).answer,
    logsOf: async blocks => {
      const [lowest, highest] = [blocks[0]!.number, blocks[blocks.length - 1]!.number]
      const { answer, by } = await agree('logs', highest, node => node.logsOf(blocks), digestOf)
      supplied.note(lowest, highest, by)
      return answer
    },
    logsBetween: async (from, to) => {
      const { answer, by } = await agree('logs', to, node => node.logsBetween(from, to), digestOf)
      supplied.note(from, to, by)
      return answer
    },
    certainLogsOf: async block => {
      // Another node's word first, and the receipts in any case: they are what the block is made of.
      const [, ...others] = eligible(block.number)
      const heard = await Promise.all(
        others.slice(0, 1).map(async member => ({ member, logs: await member.node.logsOf([block]).catch(() => undefined) })),
      )
      const { answer } = await agree('receipts', block.number, node => node.receiptLogs(block), digestOf)
      for (const { member, logs } of heard)
        if (logs !== undefined && digestOf(logs) !== digestOf(answer)) disagree(member, 'lying', 'logs', block.number)
      return answer
    },
    readAgain: async (from, to) => {
      supplied.forgetBelow(from)
      const giver = supplied.by(from, to)
      const candidates = eligible(to).reverse()
      const others = candidates.filter(({ name }) => !giver.has(name))
      // Where several agreed before, their second word counts, and where there is one node only, its own.
      const readers = others.length > 0 || (members.length > 1 && quorum === 1) ? others : candidates
      for (const member of readers)
        try {
          return { endpoint: member.name, logs: await member.node.logsBetween(from, to) }
        } catch (error) {
          failed(member, error)
        }
      throw new IndexerError('no_quorum', { what: 'second reading', from, to })
    },
    accuse: (endpoint, what) => {
      const member = members.find(({ name }) => name === endpoint)
      if (member) disagree(member, 'lying', what)
    },
    totalLocked: async (token, block) =>
      (await agree('total', block.number, node => node.totalLocked(token, block), String)).answer,
    hasCode: async block => (await agree('code', block.number, node => node.hasCode(block), String)).answer,
    endpoints: () =>
      members.map(({ name, standing, head, node: { rpc }, disagreements }) => ({
        ...{ name, standing, headHeight: head?.number, disagreements },
        ...{ latencyMs: rpc.counts.latencyMs, requests: rpc.counts.requests, failures: rpc.counts.failures },
      })),
  }
}

const digestOf = (logs: readonly ChainLog[]): string => {
  const hash = createHash('sha256')
  for (const log of logs)
    hash.update(`${log.blockHash}:${log.logIndex}:${log.txHash}:${log.blockNumber}:${log.topics.join()}:${log.data}\n`)
  return hash.digest('hex')
}

const wait = (ms: number) =>
  new Promise<void>(done => {
    setTimeout(done, ms).unref()
  })

/** Resolves when so many have settled. */
const firstOf = (promises: readonly Promise<unknown>[], count: number) =>
  new Promise<void>(done => {
    let settled = 0
    for (const promise of promises)
      promise.finally(() => {
        settled += 1
        if (settled >= count) done()
      })
  })
