import { type Stage, Stalled } from './stage.ts'
import { readHead } from './tables.ts'

/** What happens in a world that must not halt: one act after the other, each drawn by chance. */
export const actsOn = (stage: Stage) => {
  const {
    random,
    chain,
    endpoints,
    subject,
    ambushes,
    patienceMs,
    told,
    formerTips,
    settle,
    floor,
    harmless,
    reorg,
    regainHeight,
  } = stage

  const shallowReorg = async () => {
    const most = harmless()
    if (most < 1) return chain.grow(random.between(1, 3))
    const depth = random.chance(0.6) ? random.between(1, Math.min(most, 5)) : random.between(1, most)
    await reorg(depth, Math.max(1, depth + random.between(-Math.min(3, depth - 1), 3)))
  }

  const anything = () => (random.chance(0.65) ? shallowReorg() : chain.grow(random.between(1, 6)))

  /** Once the indexer is at rest, or in the middle of whatever it reads. */
  const sometime = async (act: () => Promise<unknown>) => {
    if (random.chance(0.4)) {
      await settle()
      await act()
      return
    }
    const requests = random.between(1, 14)
    const sprung = await ambushes.before(requests, async () => void (await act()), patienceMs)
    if (!sprung) throw new Stalled(`${requests} requests never came; ${JSON.stringify(await readHead(stage.db, stage.name))}`)
  }

  /** Everything that is not final goes: the last depth at which nothing may halt. */
  const reorgToFinality = async () => {
    await regainHeight()
    await settle()
    const depth = harmless()
    if (depth === 0) return chain.grow(2)
    await reorg(depth, random.between(1, depth + 2))
  }

  /** The nodes go back to a branch that they had left, and return. */
  const visitFormerBranch = async () => {
    await settle()
    const current = new Set([...chain.history.pathFrom(chain.tip().hash)].map(({ hash }) => hash))
    const reachable = formerTips.filter(hash => {
      if (current.has(hash as `0x${string}`)) return false
      for (const seen of chain.history.pathFrom(hash)) if (current.has(seen.hash)) return seen.number >= floor()
      return false
    })
    if (reachable.length === 0) return shallowReorg()
    const branch = random.pick(reachable)
    for (const endpoint of endpoints) endpoint.branch = branch
    if (random.chance(0.7)) await settle(chain.history.byHash.get(branch)!)
    else await ambushes.before(random.between(1, 10), async () => {}, patienceMs)
    for (const endpoint of endpoints) endpoint.branch = undefined
  }

  const restart = async () => {
    told.restarts += 1
    const end = random.chance(0.7) ? subject.kill : subject.stop
    if (random.chance(0.6)) await ambushes.before(random.between(1, 14), end, patienceMs)
    else await end()
    for (let i = random.between(0, 2); i > 0; i--) await anything()
    await subject.start()
  }

  return {
    act: async () => {
      const kind = random.between(1, 100)
      if (kind <= 45) await sometime(shallowReorg)
      else if (kind <= 58) await reorgToFinality()
      else if (kind <= 68) await visitFormerBranch()
      else if (kind <= 82) await restart()
      else await sometime(() => chain.grow(random.between(1, 10)))
    },
  }
}
