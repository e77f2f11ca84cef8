import { existsSync, globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { breaches } from './imports.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => ({ path, text: readFileSync(new URL(path, root), 'utf8') })

describe('the house', () => {
  const files = globSync('{bridge-service,indexer}/src/**/*.ts', { cwd: root }).map(read)

  it('is there', () => {
    expect(files.length).toBeGreaterThan(30)
    for (const folder of ['money', 'transfer', 'ledger', 'intents', 'saga', 'policy', 'rails', 'chains'])
      expect(existsSync(new URL(`bridge-service/src/${folder}`, root)), folder).toBe(true)
  })

  it('keeps its rules', () => {
    expect(breaches(files)).toEqual([])
  })
})

describe('the checker', () => {
  it.each([
    ['money knows nobody', 'money/a.ts', `import { x } from '../ledger/chart.ts'`],
    ['money needs no package', 'money/a.ts', `import { z } from 'zod'`],
    ['transfer needs nothing of the system', 'transfer/a.ts', `import { createHash } from 'node:crypto'`],
    ['transfer does not know intents', 'transfer/a.ts', `import { intentKey } from '../intents/key.ts'`],
    ['transfer knows only the pure files of the ledger', 'transfer/a.ts', `import { x } from '../ledger/open-accounts.ts'`],
    ['transfer knows ports by type', 'transfer/a.ts', `import { x } from '../rails/rail.ts'`],
    ['transfer does not know sagas, not even by type', 'transfer/a.ts', `import type { Step } from '../saga/step.ts'`],
    ['ledger does not know transfers', 'ledger/a.ts', `import { x } from '../transfer/id.ts'`],
    ['intents do not know sagas', 'intents/a.ts', `import { x } from '../saga/step.ts'`],
    ['intents know policies by type', 'intents/a.ts', `import { denyListScreening } from '../policy/screening.ts'`],
    ['policies do not know intents', 'policy/a.ts', `import type { Intent } from '../intents/intent.ts'`],
    ['sagas do not know http', 'saga/a.ts', `import { x } from '../http/routes.ts'`],
    ['sagas do not make adapters', 'saga/a.ts', `import { bankApi } from '../rails/bank-api/bank-api.ts'`],
    ['http does not make adapters', 'http/a.ts', `import { evm } from '../chains/evm/evm.ts'`],
    ['neither do ports', 'rails/router.ts', `import { bankApi } from './bank-api/bank-api.ts'`],
    ['nor does one adapter know another', 'rails/bank-api/a.ts', `import { x } from '../ach/ach.ts'`],
    ['sources do not know scripts', 'http/a.ts', `import { x } from '../../../scripts/migrate.ts'`],
    ['not even app does', 'app.ts', `import { x } from '../../test/support/onramp.ts'`],
    ['only published files of the indexer', 'app.ts', `import { x } from '../../indexer/src/store.ts'`],
    ['only http and app read the indexer', 'saga/a.ts', `import { x } from '../../../indexer/src/queries.ts'`],
    ['a new folder gets a rule first', 'utils/a.ts', `import { x } from '../money/money.ts'`],
    ['export … from', 'money/a.ts', `export { x } from '../saga/step.ts'`],
    ['export *', 'money/a.ts', `export * from '../saga/step.ts'`],
    ['over several lines', 'money/a.ts', `import {\n  a,\n  b,\n} from '../saga/step.ts'`],
    ['for its effects', 'money/a.ts', `import '../saga/step.ts'`],
    ['import()', 'money/a.ts', `const x = await import('../saga/step.ts')`],
    ['one value among types', 'transfer/a.ts', `import { type Rail, rail } from '../rails/rail.ts'`],
    ['a clock', 'transfer/a.ts', 'const now = Date.now()'],
    ['a clock in a template', 'transfer/a.ts', 'const text = `$' + '{Date.now()}`'],
    ['a clock by construction', 'money/a.ts', 'const now = new Date()'],
    ['randomness', 'transfer/a.ts', 'const x = Math.random()'],
    ['randomness of the platform', 'transfer/a.ts', 'const x = crypto.randomUUID()'],
    ['the environment', 'money/a.ts', 'const x = process.env.X'],
    ['output', 'money/a.ts', "console.log('x')"],
    ['a saga with a clock of its own', 'saga/a.ts', 'const now = Date.now()'],
    ['an executor with a timer of its own', 'intents/a.ts', 'setTimeout(() => {}, 250)'],
  ])('finds a breach: %s', (_rule, path, text) => {
    const found = breaches([{ path: `bridge-service/src/${path}`, text }])
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(new RegExp(`^bridge-service/src/${path}: `))
  })

  it('finds the indexer that knows the service', () => {
    const text = `import type { Chain } from '../../bridge-service/src/chains/chain.ts'`
    expect(breaches([{ path: 'indexer/src/a.ts', text }])).toHaveLength(1)
  })

  it.each([
    [
      'packages where nothing is pure',
      'saga/a.ts',
      `import { Pool } from 'pg'\nimport { x } from '@fastify/sse'\nimport fs from 'node:fs'`,
    ],
    [
      'types of ports',
      'transfer/a.ts',
      `import type { Rail } from '../rails/rail.ts'\nimport { type ChainId } from '../chains/chain.ts'`,
    ],
    ['an adapter in app', 'app.ts', `import { bankApi } from './rails/bank-api/bank-api.ts'`],
    ['an adapter within itself', 'rails/bank-api/a.ts', `import { x } from './b.ts'\nimport type { Rail } from '../rail.ts'`],
    ['the contract’s interface for chains', 'chains/evm/a.ts', `import { abi } from '../../../../contracts/abi/escrow.ts'`],
    ['what the indexer publishes', 'http/a.ts', `import { heads } from '../../../indexer/src/queries.ts'`],
    ['a date from an argument', 'transfer/a.ts', 'const at = new Date(nowMs).toISOString()'],
    [
      'words in comments and strings',
      'money/a.ts',
      `// process, console\n/* import { x } from '../saga/step.ts' */\nconst x = 'Date.now crypto'`,
    ],
    ['a timer that reconnects', 'saga/listen.ts', 'setTimeout(() => {}, 1_000)'],
    ['tests beside the code', 'money/a.test.ts', `import { x } from '../../../test/support/seed.ts'`],
  ])('lets pass: %s', (_rule, path, text) => {
    expect(breaches([{ path: `bridge-service/src/${path}`, text }])).toEqual([])
  })
})
