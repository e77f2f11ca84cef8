import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { createWorkspace } from '../local/workspace.ts'
import { startCompiler } from './compiler.ts'
import { describe as describeMutant, type Mutant, mutate } from './mutant.ts'
import { mutantsOf } from './mutants-of.ts'
import { asText, readBytes } from './source.ts'

const file = 'contracts/Sample.sol'
const { folder, remove } = createWorkspace()
mkdirSync(join(folder, 'contracts'))
const compiler = startCompiler(folder, {})
afterAll(async () => {
  await compiler.stop()
  remove()
})

/** A contract with one function; the quotes make bytes and characters differ. */
const sample = (statements: string) => `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;
// “Sample”
contract Sample {
  enum Way { In, Out, Back }
  error Refused();
  event Told(uint256 a, uint256 b, address to);
  bytes32 private constant ONE = keccak256("1");
  bytes32 private constant OTHER = keccak256("2");
  uint256 private total;
  mapping(uint256 => uint256) private credits;
  modifier guarded() { _; }
  function check(bytes32) private pure returns (bool) { return true; }
  function f(uint256 a, uint256 b) external guarded {
    ${statements}
  }
}
`

const mutantsIn = async (statements: string): Promise<{ source: string; mutants: Mutant[] }> => {
  writeFileSync(join(folder, file), sample(statements))
  const { asts, declarations } = await compiler.parse([file])
  const source = readBytes(folder, file)
  const all = mutantsOf(file, source, asts[file]!, declarations)
  return { source, mutants: all.filter(({ within, operator }) => within === 'f' && operator !== 'modifier') }
}

test.each<[statements: string, ...expected: string[]]>([
  ['bool x = a < b;', 'relational < → <=', 'relational < → >='],
  ['bool x = a == b;', 'relational == → !='],
  ['uint256 x = a + b;', 'arithmetic + → -'],
  ['uint256 x = (a >> b) | (a & b);', 'arithmetic >> → <<', 'arithmetic | → &', 'arithmetic & → |'],
  [
    'bool x = check(ONE) || b > a;',
    ...['logical check(ONE) || b > a → check(ONE)', 'logical check(ONE) || b > a → b > a'],
    ...['constant ONE → OTHER', 'relational > → >=', 'relational > → <='],
  ],
  ['if (!check(ONE)) {}', 'negation !check(ONE) → check(ONE)', 'constant ONE → OTHER'],
  ['while (check(ONE)) {}', 'negation check(ONE) → !check(ONE)', 'constant ONE → OTHER'],
  ['uint256 x = 365 days;', 'number 365 days → 366 days', 'number 365 days → 364 days'],
  ['bytes4 x = 0x0000ffff;', 'number 0x0000ffff → 0x00010000', 'number 0x0000ffff → 0x0000fffe'],
  ['bool x = true;', 'negation true → false'],
  ['check(OTHER);', 'statement check(OTHER); → nothing', 'constant OTHER → ONE'],
  ['Way x = Way.Back;', 'constant Way.Back → Way.In'],
  ['uint48 x = uint48(a);', 'width uint48 → uint40'],
  ['uint256 x = type(uint96).max;', 'width uint96 → uint88'],
  ['total = a;', 'statement total = a; → nothing'],
  ['total += a;', 'statement total += a; → nothing', 'arithmetic += → -='],
  ['delete credits[a];', 'statement delete credits[a]; → nothing'],
  ['emit Told(a, b, msg.sender);', 'statement emit Told(a, b, msg.sender); → nothing', 'arguments a, b → b, a'],
  ['if (a > b) revert Refused();', 'relational > → >=', 'relational > → <=', 'statement revert Refused(); → nothing'],
  ['for (uint256 i = a; check(ONE); ++i) {}', 'constant ONE → OTHER', 'arithmetic ++ → --'],
  ['unchecked { uint256 x = a - b; }', 'unchecked unchecked → nothing', 'arithmetic - → +'],
  ['assembly { sstore(0, add(a, b)) }', ...['assembly sstore(0, add(a, b)) → nothing', 'assembly 0 → 1', 'assembly add → sub']],
  ['uint256 x = a; // a < b, 7'],
])('%s', async (statements, ...expected) => {
  const { source, mutants } = await mutantsIn(statements)
  expect(mutants.map(mutant => `${mutant.operator} ${describeMutant(mutant).replace('f: ', '')}`).sort()).toEqual(expected.sort())
  for (const mutant of mutants) {
    expect(mutant.line, 'line').toBe(15)
    expect(await compiler.refuses(file, asText(mutate(source, mutant))), describeMutant(mutant)).toBe(false)
  }
})

test('a modifier is taken away', async () => {
  writeFileSync(join(folder, file), sample(''))
  const { asts, declarations } = await compiler.parse([file])
  const source = readBytes(folder, file)
  const mutant = mutantsOf(file, source, asts[file]!, declarations).find(({ operator }) => operator === 'modifier')!
  expect(mutate(source, mutant)).toBe(source.replace(' external guarded', ' external '))
})
