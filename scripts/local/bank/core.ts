import { openAccounts } from './accounts.ts'
import { openBooks } from './books.ts'
import { openFaults } from './faults.ts'
import { openJournal } from './journal.ts'
import type { BankRecord } from './record.ts'
import { openTimers } from './timers.ts'
import { openTransfers, type SettlementDelays, type Transfers } from './transfers.ts'
import { openWebhooks, type WebhookEndpoint, type WebhookPolicy } from './webhooks.ts'

export type BankSettings = {
  /** Keeps the journal; without it the books end with the process. */
  readonly folder?: string
  readonly webhook?: WebhookEndpoint
  readonly settlementDelays?: Partial<SettlementDelays>
  /** Minor units by currency, when the journal is new. */
  readonly openingBalances?: Readonly<Record<string, bigint>>
  readonly counterpartyBalance?: bigint
  readonly webhookPolicy?: Partial<WebhookPolicy>
}

const defaultDelays: SettlementDelays = { ach: 1_500, sepa: 1_000, sepa_inst: 0, wire: 700, book: 0 }
const defaultPolicy: WebhookPolicy = { maxAttempts: 40, timeoutMs: 5_000, backoffMs: 50, maxBackoffMs: 2_000 }
const defaultOpening = { USD: 500_000_000n, EUR: 500_000_000n }

/** The bank without its doors: books, transfers, webhooks, faults, over one journal. */
export const openCore = (settings: BankSettings = {}) => {
  const journal = openJournal(settings.folder)
  const faults = openFaults()
  const timers = openTimers()
  const books = openBooks()

  const remember = (record: BankRecord) => {
    books.apply(record)
    transfers.apply(record)
    webhooks.apply(record)
  }
  // Written first, then believed: what was answered is on disk.
  const commit = (record: BankRecord) => {
    journal.append(record)
    remember(record)
  }

  const accounts = openAccounts({ books, commit, counterpartyBalance: settings.counterpartyBalance ?? 100_000_000_000n })
  const delays = { ...defaultDelays, ...settings.settlementDelays }
  const transfers: Transfers = openTransfers({ books, accounts, faults, timers, commit, delays })
  const policy = { ...defaultPolicy, ...settings.webhookPolicy }
  const webhooks = openWebhooks({ faults, timers, commit, transferOf: transfers.get, policy })

  for (const record of journal.past) remember(record)
  accounts.openBridgeAccounts(settings.openingBalances ?? defaultOpening)
  webhooks.setEndpoint(settings.webhook)
  webhooks.resume()
  transfers.resume()

  return {
    books,
    accounts,
    transfers,
    webhooks,
    faults,
    timers,
    close: () => {
      timers.stop()
      webhooks.stop()
      journal.close()
    },
  }
}

export type Core = ReturnType<typeof openCore>
