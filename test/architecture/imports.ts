import { dirname, join } from 'node:path/posix'

/** A file of the repository: its path from the root, and its text. */
export type SourceFile = { readonly path: string; readonly text: string }

const service = 'bridge-service/src/'
const ports = ['rails/rail.ts', 'chains/chain.ts', 'chains/deposits.ts']

/** What a folder of the service may import beside itself and packages: folders and files, and those of which it may know the types. */
const house: Record<string, { values: readonly string[]; types?: readonly string[] }> = {
  money: { values: ['errors.ts'] },
  ledger: { values: ['money', 'transaction.ts', 'errors.ts'], types: ['chains/chain.ts'] },
  transfer: { values: ['money', 'ledger/entry.ts', 'ledger/chart.ts', 'errors.ts'], types: ports },
  policy: { values: ['money', 'outcome.ts', 'errors.ts'], types: ['transfer', 'config.ts', 'chain-config.ts', ...ports] },
  liquidity: { values: ['money', 'ledger', 'transaction.ts', 'errors.ts'], types: ['transfer', 'log.ts', ...ports] },
  intents: {
    values: ['money', 'transfer', 'rails/send-once.ts', 'rails/moment.ts', 'outcome.ts', 'repeat.ts', 'timing.ts', 'errors.ts'],
    types: ['policy', 'log.ts', ...ports],
  },
  saga: {
    values: [
      'money',
      'transfer',
      'intents',
      'ledger',
      'liquidity',
      'rails/judge-line.ts',
      'rails/moment.ts',
      'refunds/hear-refund.ts',
      'outcome.ts',
      'repeat.ts',
      'timing.ts',
      'transaction.ts',
      'errors.ts',
    ],
    types: ['policy', 'log.ts', 'indexer/src/observation.ts', ...ports],
  },
  refunds: {
    values: ['money', 'transfer', 'ledger', 'rails/send-once.ts', 'transaction.ts', 'outcome.ts', 'errors.ts'],
    types: ['log.ts', ...ports],
  },
  rebalances: {
    values: ['money', 'transfer', 'policy', 'intents', 'saga', 'errors.ts'],
    types: ports,
  },
  operators: {
    values: [
      'money',
      'transfer',
      'ledger',
      'intents',
      'refunds',
      'rebalances',
      'policy',
      'transaction.ts',
      'outcome.ts',
      'errors.ts',
    ],
    types: ['liquidity', 'log.ts', ...ports],
  },
  deposits: {
    values: ['money', 'transfer', 'ledger', 'outcome.ts', 'repeat.ts', 'transaction.ts', 'errors.ts'],
    types: ['policy', 'log.ts', 'indexer/src/observation.ts', ...ports],
  },
  rails: { values: ['money', 'outcome.ts', 'errors.ts'], types: ['transfer', 'config.ts'] },
  chains: {
    values: ['money', 'outcome.ts', 'timing.ts', 'transaction.ts', 'errors.ts', 'contracts/abi'],
    types: ['transfer', 'config.ts'],
  },
  bus: { values: ['errors.ts'], types: ['transfer'] },
  webhooks: { values: ['money', 'bus', 'errors.ts'], types: ['transfer'] },
  http: {
    values: [
      ...[
        'money',
        'transfer',
        'ledger',
        'liquidity',
        'saga',
        'operators',
        'refunds',
        'rebalances',
        'deposits',
        'policy',
        'bus',
        'webhooks',
        'config.ts',
        'errors.ts',
        'outcome.ts',
      ],
      ...['transaction.ts', 'rails/account-number.ts', 'indexer/src/observation.ts', 'indexer/src/queries.ts'],
    ],
    types: ['intents', 'sep-config.ts', ...ports],
  },
  'errors.ts': { values: [] },
  'outcome.ts': { values: [] },
  'log.ts': { values: [] },
  'repeat.ts': { values: ['timing.ts'] },
  'timing.ts': { values: [] },
  'borrow.ts': { values: [] },
  'transaction.ts': { values: ['borrow.ts'] },
  'config.ts': {
    values: ['money', 'errors.ts', 'chain-config.ts', 'config-fields.ts', 'pricing-config.ts', 'sep-config.ts'],
    types: ['transfer', 'policy', ...ports],
  },
  'pricing-config.ts': { values: ['money', 'config-fields.ts'] },
  'sep-config.ts': { values: [], types: ports },
  'chain-config.ts': { values: ['money', 'address-book.ts', 'config-fields.ts'], types: ports },
  'config-fields.ts': { values: ['money'] },
  'address-book.ts': { values: [] },
}
const publishedByIndexer = ['indexer/src/observation.ts', 'indexer/src/queries.ts']
const seesEverything = ['app.ts', 'main.ts']

const pure = ['money', 'transfer']
// A simulation passes the time of these: they have it from one port. The listener is a connection of its own, which no simulation has.
const timed = ['saga/', 'intents/', 'chains/evm/', 'repeat.ts']
const outOfTime = ['saga/listen.ts']
const clocks = [/\bDate\.now\b/, /\bnew Date\(\s*\)/, /\bperformance\b/, /\b(?:setTimeout|setInterval|setImmediate)\b/]
const impurities = [
  ...[...clocks, /\bMath\.random\b/, /\b(?:crypto|random(?:UUID\w*|Bytes|Int)|getRandomValues)\b/],
  ...[/\bprocess\b/, /\bconsole\b/, /\b(?:fetch|globalThis)\b/],
]

/** Every breach of the house's rules, as `path: what is wrong`. Tests beside the code may import what they like. */
export const breaches = (files: readonly SourceFile[]): string[] =>
  files
    .filter(({ path }) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap(file => [...importBreaches(file), ...purityBreaches(file)].map(breach => `${file.path}: ${breach}`))

const importBreaches = ({ path, text }: SourceFile): string[] =>
  importsOf(path, text).flatMap(({ target, typeOnly }) => (mayImport(path, target, typeOnly) ? [] : [`imports ${target}`]))

const mayImport = (path: string, target: string, typeOnly: boolean): boolean => {
  if (!/^(?:bridge-service|indexer)\/src\//.test(path)) return true
  if (/^(?:scripts|test)\//.test(target)) return false
  if (path.startsWith('indexer/')) return !target.startsWith('bridge-service/')
  if (target.startsWith('indexer/') && !publishedByIndexer.includes(target)) return false
  const own = path.slice(service.length)
  if (seesEverything.includes(own)) return true
  const folder = own.split('/')[0]!
  if (/^[^/]+:|^@|^[^/]+$/.test(target) || !/^(?:bridge-service|indexer|contracts)\//.test(target)) return !pure.includes(folder)
  const wanted = target.startsWith(service) ? target.slice(service.length) : target
  if (wanted.split('/')[0] === folder) return !isAdapter(wanted) || adapterOf(own) === adapterOf(wanted) || typeOnly
  const { values, types = [] } = house[folder] ?? { values: [] }
  const covers = (allowed: string) => wanted === allowed || wanted.startsWith(`${allowed}/`)
  return values.some(covers) || (typeOnly && types.some(covers))
}

/** `rails/bank-api/…`, `chains/evm/…`: only app.ts makes one. */
const isAdapter = (path: string) => /^(?:rails|chains)\/[^/]+\//.test(path)
const adapterOf = (path: string) => path.split('/').slice(0, 2).join('/')

const purityBreaches = ({ path, text }: SourceFile): string[] => {
  const own = path.startsWith(service) ? path.slice(service.length) : ''
  const isPure = pure.some(folder => own.startsWith(`${folder}/`))
  const isTimed = timed.some(part => own.startsWith(part)) && !outOfTime.includes(own)
  if (!isPure && !isTimed) return []
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/gm, "''")
  return (isPure ? impurities : clocks)
    .flatMap(pattern => pattern.exec(code)?.[0] ?? [])
    .map(found => `${isPure ? 'is pure' : 'has its time from timing.ts'} and uses ${found}`)
}

/** What a module names by import, export … from and import(); own files as paths from the root. */
const importsOf = (path: string, text: string): { target: string; typeOnly: boolean }[] => {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:([^'";=]*?)\s*from\s*)?['"]([^'"]+)['"]/gm)
  const calls = code.matchAll(/\b(?:import|require)\s*\(\s*['"]([^'"]+)['"]/g)
  const resolve = (name: string) => (name.startsWith('.') ? join(dirname(path), name) : name)
  return [
    ...[...statements].map(([, type, names, from]) => ({
      target: resolve(from!),
      typeOnly: type !== undefined || typesOnly(names),
    })),
    ...[...calls].map(([, from]) => ({ target: resolve(from!), typeOnly: false })),
  ]
}

/** `{ type A, type B }` */
const typesOnly = (names = '') => /^\{(?:\s*type\s+[\w$]+(?:\s+as\s+[\w$]+)?\s*,?)+\s*\}$/.test(names.trim())
