import { fair } from './endpoint.ts'
import type { Seen } from './history.ts'
import type { Stage } from './stage.ts'
import { approveResume, readHead, requestResume, waitForPayout } from './tables.ts'

const deepestEver = 70

/** A reorg that must halt the chain, freeze its payouts, and stay so until two operators have spoken. */
export const reorgBelowFinality = async (stage: Stage): Promise<void> => {
  const { random, settings, chain, endpoints, subject, db, name, base, told, find, until, settle, reorg, regainHeight } = stage
  for (const endpoint of endpoints) endpoint.weather = fair
  await regainHeight()
  const needed = settings.finality + base + 1 - chain.tip().number
  if (needed > 0) await chain.grow(needed + random.between(0, 4))
  const { finalized, height } = await settle()
  const least = height - finalized + 1
  const deepest = Math.min(deepestEver, height - base)
  if (least > deepest) return
  const before = chain.tip()
  const payout = await waitForPayout(db, name, finalized)
  if (payout !== undefined) await until('a payout of what is final', async () => (await payout.due()) || undefined)
  const depth = random.chance(0.5) ? least : random.between(least, deepest)
  told.halts += 1
  told.endsOnNode = false
  await reorg(depth, 2)
  await until('the halt, two blocks after a reorg below finality', async () =>
    (await readHead(db, name))?.halted ? true : undefined,
  )
  if (payout !== undefined && (await payout.due())) find({ kind: 'halt', what: 'a payout is due after the halt' })
  await payout?.forget()
  await chain.grow(random.between(1, 4))
  if (random.chance(0.5)) {
    await subject.kill()
    await subject.start()
  }
  const { status } = await until('readiness says that it is halted', async () => {
    const now = await subject.state()
    return now.state === 'halted' ? now : undefined
  })
  if (status !== 503) find({ kind: 'halt', what: `readiness is ${status} while halted` })
  if (random.chance(0.6)) await resume(stage, random.pick(['ours', 'theirs']), before)
}

/** Two operators let the chain go on: with the nodes, or with the tables, to whose branch the nodes come back. */
const resume = async (stage: Stage, branch: 'ours' | 'theirs', before: Seen): Promise<void> => {
  const { random, chain, endpoints, subject, db, name, told, until, settle, forgetFinality } = stage
  if (branch === 'ours') for (const endpoint of endpoints) endpoint.branch = before.hash
  const id = await requestResume(db, name, branch)
  if (random.chance(0.5)) {
    await subject.kill() // One operator is not enough, whoever asks again.
    await subject.start()
    await until('readiness says that it is still halted', async () =>
      (await subject.state()).state === 'halted' ? true : undefined,
    )
  }
  told.resumes += 1
  await approveResume(db, id)
  await until(`the resume with ${branch}`, async () => ((await readHead(db, name))?.halted === null ? true : undefined))
  if (branch === 'ours') return void (await settle(before))
  forgetFinality()
  told.endsOnNode = true
  await chain.grow(random.between(1, 5))
}
