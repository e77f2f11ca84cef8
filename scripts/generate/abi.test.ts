import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { repository } from '../local/child.ts'
import { compileContracts } from '../local/compile.ts'
import { generateAbi } from './abi.ts'

beforeAll(compileContracts)

test('the committed ABIs are what the compiler says', async () => {
  const generated = await generateAbi()
  expect(Object.keys(generated)).toEqual([
    'contracts/abi/deposit-addresses.ts',
    'contracts/abi/escrow.ts',
    'contracts/abi/settlement-token.ts',
    'contracts/abi/test-dollar.ts',
  ])
  for (const [file, content] of Object.entries(generated))
    expect(readFileSync(join(repository, file), 'utf8'), file).toBe(content)
})
