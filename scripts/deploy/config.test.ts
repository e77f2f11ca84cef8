import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createWorkspace } from '../local/workspace.ts'
import { readDeployConfig } from './config.ts'

const workspace = createWorkspace()
afterAll(workspace.remove)

const example = JSON.parse(readFileSync('deploy/sepolia.example.json', 'utf8'))
const read = (content: unknown) => {
  const file = join(workspace.folder, 'config.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return readDeployConfig(file)
}
const [token, ...others] = example.tokens
const withLimits = (change: object) => ({ ...example, tokens: [{ ...token, limits: { ...token.limits, ...change } }, ...others] })

describe('the configuration of a deployment', () => {
  it.each(['deploy/local.json', 'deploy/sepolia.example.json'])('%s is in order', file => {
    expect(readDeployConfig(file).tokens.length).toBeGreaterThan(0)
  })

  it.each([
    ['what is no JSON', '{', /config\.json/],
    ['a key that it does not know', { ...example, opertors: [] }, /opertors/],
    ['an address with a wrong checksum', { ...example, admin: '0x5fbDB2315678afecb367f032d93F642f64180aa3' }, /^admin/],
    ['nobody to operate', { ...example, operators: [] }, /^operators/],
    ['nobody to pause', { ...example, guardians: [] }, /^guardians/],
    ['an operator who attests', { ...example, attesters: [example.operators[0]] }, /must not attest/],
    ['a currency twice', { ...example, tokens: [token, token] }, /twice/],
    ['no token', { ...example, tokens: [] }, /^tokens/],
    ['amounts as numbers', withLimits({ capacity: 5 }), /capacity/],
    ['more decimals than the token has', withLimits({ capacity: '0.0000001' }), /decimals/],
    ['a limit with more digits than the contract keeps', withLimits({ capacity: '1234567.891' }), /digits/],
    ['a bucket that takes longer than a year to fill', withLimits({ capacity: '1000000', refillPerDay: '1' }), /365 days/],
    ['a quorum that is none', withLimits({ attestationQuorum: 256 }), /attestationQuorum/],
    ['a name that is a path', { ...example, name: '../elsewhere' }, /^name/],
    ['a key in the file', { ...example, deployerKeyVariable: `0x${'11'.repeat(32)}` }, /deployerKeyVariable/],
  ])('is refused for %s', (_what, content, where) => {
    expect(() => read(content)).toThrow(
      expect.objectContaining({ code: 'config_invalid', details: [expect.stringMatching(where)] }),
    )
  })
})
