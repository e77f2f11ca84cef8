import { expect, test } from 'vitest'
import { createBell } from './bell.ts'

const never = new AbortController().signal

test('a ring ends the pause, and one before it makes it none', async () => {
  const bell = createBell()
  const waiting = bell.wait(60_000, never)
  bell.ring()
  await waiting
  bell.ring()
  bell.ring()
  await bell.wait(60_000, never)
})

test('a ring is used up, and the signal ends a pause too', async () => {
  const bell = createBell()
  bell.ring()
  await bell.wait(60_000, never)
  const stopping = new AbortController()
  let over = false
  const waiting = bell.wait(60_000, stopping.signal).then(() => {
    over = true
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(over).toBe(false)
  stopping.abort()
  await waiting
})
