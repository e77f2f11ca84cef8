import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { encodeFunctionData, keccak256, toHex } from 'viem'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { repository } from '../../scripts/local/child.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { type Scenario, startScenario } from '../support/scenario.ts'

let scene: Scenario
beforeAll(async () => {
  scene = await startScenario()
}, 120_000)
afterAll(() => scene.stop())

/** `npm run audit` as an auditor runs it. */
const audit = async (...args: string[]) => {
  const { contracts, evm, apiKey } = scene.world
  const all = ['scripts/audit.ts', '--rpc', evm.url, '--escrow', contracts.escrow, ...args]
  const env = { ...process.env, CAUSEWAY_API_KEY: apiKey }
  return promisify(execFile)(process.execPath, all, { cwd: repository, env }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: '' }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )
}

it('finds nothing in what the bridge did, on chain and in its ledger', async () => {
  await scene.endsAs(await scene.post(), 'completed')
  const canceled = await scene.post({ value: '50.00', rail: 'book' })
  await scene.cancel(canceled)
  await scene.post({ value: '75.00' })
  const { code, stdout } = await audit('--ledger-url', scene.world.apiUrl, '--json')
  const report = JSON.parse(stdout)
  expect(report.discrepancies).toEqual([])
  expect([code, report.ok]).toEqual([0, true])
  expect(report.escrows.released).toBeGreaterThanOrEqual(1)
  expect(report.ledger.transfers).toBeGreaterThanOrEqual(1)
})

it('finds what somebody with the treasury key locked behind the back of the ledger', async () => {
  const { escrow, token, treasury } = scene.world.contracts
  const { timestamp } = await scene.node.getBlock()
  const ref = keccak256(toHex('not in the books'))
  const terms = {
    ...{ ref, token, payer: treasury.address, payee: evmAccount(3).address, amount: 3_000_000n },
    ...{ refundAfter: timestamp + 3_600n, hardDeadline: timestamp + 7_200n, onExpiry: 0 },
  }
  await scene.sendAs(treasury.key, escrow, encodeFunctionData({ abi: escrowAbi, functionName: 'lock', args: [terms] }))
  const { code, stdout } = await audit('--ledger-url', scene.world.apiUrl, '--patience', '1')
  expect(code).toBe(1)
  expect(stdout).toContain('escrow_without_transfer')
  expect(stdout).toContain(ref)
})

it('says what it needs', async () => {
  expect(await audit('--from-block', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('arguments_invalid') })
  expect(await audit('--rpc', 'http://127.0.0.1:1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('rpc_unavailable'),
  })
  expect(await audit('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--ledger-url') })
})
