import { parseArgs } from 'node:util'
import { type Address, getAddress, isAddress } from 'viem'
import { AuditFailure } from './failure.ts'

export type AuditOptions = {
  readonly rpc: string
  readonly escrow: Address
  /** Where to begin reading logs; found by itself when absent. */
  readonly fromBlock?: bigint
  /** The block that is compared with; the newest finalized one when absent. */
  readonly block?: bigint
  readonly ledgerUrl?: string
  /** Of the ledger's API. */
  readonly apiKey?: string
  /** How long the ledger may lag behind the chain before a difference counts. */
  readonly patienceMs: number
  readonly json: boolean
}

export const usage = `npm run audit -- --rpc URL --escrow ADDRESS [--from-block N] [--block N] [--ledger-url URL]
              [--patience SECONDS] [--json]

Replays the events of an escrow contract alone, compares what they add up to with the contract at one finalized block, and,
with --ledger-url, with the transfers and postings of the bridge's ledger (key of its API in CAUSEWAY_API_KEY).

  --from-block N   the first block to read; default: the block in which the contract appeared, if the node can tell
  --block N        the block to compare at; default: the newest finalized
  --patience N     seconds that the ledger may lag behind the chain before a difference counts; default 5
  --json           one line for machines: {ok, discrepancies, …}

Exit code 0: nothing is wrong. 1: discrepancies, each printed. 2: the audit could not be made.`

/** Throws `arguments_invalid`. */
export const auditOptions = (args: readonly string[], environment: NodeJS.ProcessEnv): AuditOptions | 'help' => {
  const values = parsed(args)
  if (values.help) return 'help'
  const { rpc, escrow } = values
  if (rpc === undefined || !URL.canParse(rpc)) throw new AuditFailure('arguments_invalid', '--rpc needs a URL')
  if (escrow === undefined || !isAddress(escrow)) throw new AuditFailure('arguments_invalid', '--escrow needs an address')
  const ledgerUrl = values['ledger-url']
  if (ledgerUrl !== undefined && !URL.canParse(ledgerUrl)) throw new AuditFailure('arguments_invalid', '--ledger-url needs a URL')
  const fromBlock = height('--from-block', values['from-block'])
  const block = height('--block', values.block)
  const patience = height('--patience', values.patience) ?? 5n
  return {
    rpc,
    escrow: getAddress(escrow),
    ...(fromBlock === undefined ? {} : { fromBlock }),
    ...(block === undefined ? {} : { block }),
    ...(ledgerUrl === undefined ? {} : { ledgerUrl: ledgerUrl.replace(/\/$/, '') }),
    ...(environment.CAUSEWAY_API_KEY === undefined ? {} : { apiKey: environment.CAUSEWAY_API_KEY }),
    patienceMs: Number(patience) * 1_000,
    json: values.json === true,
  }
}

const parsed = (args: readonly string[]) => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{ rpc: text, escrow: text, 'from-block': text, block: text, 'ledger-url': text, patience: text },
        ...{ json: flag, help: flag },
      },
    }).values
  } catch (cause) {
    throw new AuditFailure('arguments_invalid', (cause as Error).message, { cause })
  }
}

const height = (name: string, text: string | undefined): bigint | undefined => {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new AuditFailure('arguments_invalid', `${name} needs a whole number`)
  return BigInt(text)
}
