import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generateAbi } from './generate/abi.ts'
import { generateCancellation } from './generate/cancellation.ts'
import { generateDiagram } from './generate/diagram.ts'
import { generateGas } from './generate/gas.ts'
import { generateLockfile } from './generate/lockfile.ts'
import { generateOpenapi } from './generate/openapi.ts'
import { generateSchema } from './generate/schema.ts'
import { repository } from './local/child.ts'

// `npm run generate` writes what is derived from the code and committed; with --check it fails when any of it is stale.
const check = process.argv.includes('--check')

const read = (path: string): string | undefined => {
  try {
    return readFileSync(join(repository, path), 'utf8')
  } catch {
    return undefined
  }
}

const files = {
  ...generateLockfile(),
  ...generateDiagram(),
  ...generateCancellation(),
  ...(await generateAbi()),
  ...(await generateGas()),
  ...(await generateOpenapi()),
  ...(await generateSchema()),
}
const stale = Object.entries(files).filter(([path, content]) => read(path) !== content)
for (const [path, content] of stale) {
  console.log(`${check ? 'stale' : 'written'}: ${path}`)
  if (check) continue
  mkdirSync(dirname(join(repository, path)), { recursive: true })
  writeFileSync(join(repository, path), content)
}
if (check && stale.length > 0) {
  console.error('Run `npm run generate` and commit the result.')
  process.exit(1)
}
console.log(`${Object.keys(files).length} generated files, ${stale.length} ${check ? 'stale' : 'changed'}`)
process.exit(0)
