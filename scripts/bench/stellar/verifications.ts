import { generateKeyPairSync, sign, verify } from 'node:crypto'

/** ed25519 verifications a second that this machine does right now, in one thread: what a ledger's time is to be held against. */
export const verificationsPerSecond = (forMs = 500): number => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const message = Buffer.alloc(32, 7)
  const signature = sign(null, message, privateKey)
  const startedMs = performance.now()
  let done = 0
  for (; performance.now() - startedMs < forMs; done++)
    if (!verify(null, message, publicKey, signature)) throw new Error('a good signature was refused')
  return Math.round(done / ((performance.now() - startedMs) / 1_000))
}
