import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { accountNumbers, bridgeAccounts, partnerAccounts, secondAccounts } from './bank/accounts.ts'
import type { SettlementDelays } from './bank/transfers.ts'
import { startChild } from './child.ts'
import { freePort } from './ports.ts'

export type LocalBankOptions = {
  readonly port?: number
  /** Where webhooks go; may be set later by `PUT /admin/webhook-endpoint`, until then they wait. */
  readonly webhookUrl?: string
  readonly apiKey?: string
  /** `whsec_` and base64. */
  readonly webhookSecret?: string
  /** Minor units by currency, taken when the folder is new. */
  readonly openingBalances?: Readonly<Record<string, string>>
  readonly settlementDelays?: Partial<SettlementDelays>
  /** Minor units that a counterparty owns when it is first heard of. */
  readonly counterpartyBalance?: string
  readonly onExit?: (code: number | null, signal: NodeJS.Signals | null) => void
}

export type LocalBank = {
  readonly url: string
  readonly apiKey: string
  readonly webhookSecret: string
  readonly accounts: typeof bridgeAccounts
  readonly secondAccounts: typeof secondAccounts
  readonly partnerAccounts: typeof partnerAccounts
  /** By account. */
  readonly accountNumbers: typeof accountNumbers
  readonly alive: () => boolean
  readonly stop: () => Promise<void>
  /** For tests of a bank that dies; started again on the same folder it has the same books. */
  readonly kill: () => Promise<void>
  /** After `kill`: the same bank at the same address. */
  readonly restart: () => Promise<void>
}

/** The bank simulator as a process of its own, with its journal under the folder. */
export const startBank = async (folder: string, options: LocalBankOptions = {}): Promise<LocalBank> => {
  const apiKey = options.apiKey ?? `bank_${randomBytes(24).toString('base64url')}`
  const webhookSecret = options.webhookSecret ?? `whsec_${randomBytes(32).toString('base64')}`
  const port = await freePort(options.port)
  const start = () =>
    startChild({
      name: 'bank',
      script: 'scripts/local/bank-process.ts',
      args: [join(folder, 'bank'), String(port)],
      env: {
        BANK_API_KEY: apiKey,
        BANK_WEBHOOK_SECRET: webhookSecret,
        BANK_WEBHOOK_URL: options.webhookUrl ?? '',
        BANK_OPENING_BALANCES: JSON.stringify(options.openingBalances ?? {}),
        BANK_SETTLEMENT_DELAYS_MS: JSON.stringify(options.settlementDelays ?? {}),
        BANK_COUNTERPARTY_BALANCE: options.counterpartyBalance ?? '',
      },
      logFile: join(folder, 'bank.log'),
      ...(options.onExit ? { onExit: options.onExit } : {}),
    })
  let child = await start()
  const { url } = child.ready as { url: string }
  return {
    ...{ url, apiKey, webhookSecret, accounts: bridgeAccounts, secondAccounts, partnerAccounts, accountNumbers },
    alive: () => child.alive(),
    stop: () => child.stop(),
    kill: () => child.kill('SIGKILL'),
    restart: async () => {
      child = await start()
    },
  }
}
