import { parseArgs } from 'node:util'
import { encodeFunctionData } from 'viem'
import { escrowAbi } from '../contracts/abi/escrow.ts'
import { readDeployConfig } from './deploy/config.ts'
import { DeployFailure } from './deploy/failure.ts'
import { type Deployed, deploy, verifyOnly } from './deploy/run.ts'

// `npm run deploy -- --config FILE [--address-book FILE] [--verify-only] [--json]`; see docs/deployment.md.
const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const { values } = parseArgs({ options: { config: text, 'address-book': text, 'verify-only': flag, json: flag } })

const show = ({ book, isNew, pending }: Deployed): void => {
  if (values.json) {
    console.log(
      JSON.stringify({ ok: true, isNew, ...book, pending }, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
    )
    return
  }
  console.log(
    `escrow ${book.escrow} on chain ${book.chainId}, ${isNew ? 'new' : 'was there already'}; code, roles and limits verified`,
  )
  if (book.depositAddresses) console.log(`deposit addresses ${book.depositAddresses}`)
  for (const [currency, address] of Object.entries(book.tokens))
    console.log(`  ${currency} ${address}, ${book.funding[currency]}`)
  for (const { to, what, functionName, args } of pending) {
    const data = encodeFunctionData({ abi: escrowAbi, functionName: functionName as 'listToken', args: args as never })
    console.log(`the admin has yet to ${what}: send ${data} to ${to}`)
  }
}

try {
  if (values.config === undefined) throw new DeployFailure('config_invalid', ['--config FILE is needed'])
  const config = readDeployConfig(values.config)
  const addressBook = values['address-book'] ?? `deploy/${config.name}.addresses.json`
  show(
    await (values['verify-only'] ? verifyOnly(config, addressBook) : deploy(config, { addressBook, environment: process.env })),
  )
  process.exit(0)
} catch (error) {
  if (!(error instanceof DeployFailure)) throw error
  console.error(values.json ? JSON.stringify({ ok: false, code: error.code, details: error.details }) : error.message)
  process.exit(1)
}
