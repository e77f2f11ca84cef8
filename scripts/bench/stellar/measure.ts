import { createHash } from 'node:crypto'
import { Account, Asset, Keypair, Operation, TimeoutInfinite, TransactionBuilder } from '@stellar/stellar-sdk/base'
import { rootKeypair } from '../../local/stellar/genesis.ts'
import { openHistory } from '../../local/stellar/horizon/history.ts'
import { openPastStates } from '../../local/stellar/horizon/past-states.ts'
import { openStellarNetwork, type StellarNetwork } from '../../local/stellar/network.ts'
import { localPassphrase } from '../../local/stellar/passphrase.ts'
import { verificationsPerSecond } from './verifications.ts'

export type LedgerTime = {
  readonly shape: string
  readonly operations: number
  /** Signatures are checked when a transaction is submitted, as in core: so this is a part of it. */
  readonly submitMs: number
  readonly closeMs: number
  /** Until Horizon can tell everything about the ledger, indexes included. */
  readonly ingestMs: number
  /** How many signatures this machine verifies while the ledger closes. */
  readonly closeInVerifications: number
}

export type StellarReport = {
  readonly boundMs: number
  readonly calibration: { readonly verificationsPerSecond: number }
  readonly ledgers: readonly LedgerTime[]
}

const shapes = [
  { transactions: 1_000, operations: 1 },
  { transactions: 10, operations: 100 },
]
const rounds = 5
const boundMs = 250

/** Closes ledgers of 1,000 payments, in transactions of 1 and of 100 operations, each a few times; the median counts. */
export const measureStellar = (): StellarReport => {
  const perSecond = verificationsPerSecond()
  const world = openWorld()
  const ledgers = shapes.map(({ transactions, operations }) => {
    const times = Array.from({ length: rounds }, () => world.closeOne(transactions, operations))
    const [submitMs, closeMs, ingestMs] = (['submitMs', 'closeMs', 'ingestMs'] as const).map(name =>
      median(times.map(time => time[name])),
    )
    return {
      shape: `${transactions}x${operations}`,
      operations: transactions * operations,
      submitMs: submitMs!,
      closeMs: closeMs!,
      ingestMs: ingestMs!,
      closeInVerifications: Math.round((closeMs! / 1_000) * perSecond),
    }
  })
  return { boundMs, calibration: { verificationsPerSecond: perSecond }, ledgers }
}

const openWorld = () => {
  const network = openStellarNetwork({ passphrase: localPassphrase, genesisTime: 1_800_000_000 })
  const payers = Array.from({ length: 1_000 }, (_, at) =>
    Keypair.fromRawEd25519Seed(createHash('sha256').update(`payer ${at}`).digest()),
  )
  const close = () => network.close(network.last().closeTime + 5)
  createAccounts(network, payers, close)
  const [history, states] = [openHistory(), openPastStates()]

  return {
    closeOne: (transactions: number, operations: number) => {
      const envelopes = payers
        .slice(0, transactions)
        .map((payer, at) => pay(network, payer, payers[(at + 1) % 1_000]!, operations))
      const submitMs = timed(() => {
        for (const envelope of envelopes) {
          const { status } = network.submit(envelope)
          if (status !== 'PENDING') throw new Error(`a payment was not queued: ${status}`)
        }
      })
      const closeMs = timed(close)
      const ledger = network.last()
      const successful = ledger.transactions.filter(each => each.successful).length
      if (successful !== transactions) throw new Error(`${successful} of ${transactions} payments succeeded`)
      const ingestMs = timed(() => {
        history.add(ledger)
        states.apply(ledger.sequence, ledger.changes)
        history.operations()
      })
      return { submitMs, closeMs, ingestMs }
    },
  }
}

const createAccounts = (network: StellarNetwork, accounts: readonly Keypair[], close: () => unknown) => {
  const root = rootKeypair(network.passphrase)
  for (let at = 0; at < accounts.length; at += 100) {
    const builder = begin(network, root)
    for (const account of accounts.slice(at, at + 100))
      builder.addOperation(Operation.createAccount({ destination: account.publicKey(), startingBalance: '1000' }))
    network.submit(signed(builder, root))
    close()
  }
}

const pay = (network: StellarNetwork, payer: Keypair, payee: Keypair, operations: number): string => {
  const builder = begin(network, payer)
  for (let left = operations; left > 0; left--)
    builder.addOperation(Operation.payment({ destination: payee.publicKey(), asset: Asset.native(), amount: '0.01' }))
  return signed(builder, payer)
}

const begin = (network: StellarNetwork, source: Keypair) => {
  const sequence = network.state.account(source.publicKey())!.sequence
  return new TransactionBuilder(new Account(source.publicKey(), String(sequence)), {
    fee: '100',
    networkPassphrase: network.passphrase,
  }).setTimeout(TimeoutInfinite)
}

const signed = (builder: TransactionBuilder, signer: Keypair): string => {
  const transaction = builder.build()
  transaction.sign(signer)
  return transaction.toXdr()
}

const timed = (work: () => unknown): number => {
  const startedMs = performance.now()
  work()
  return Math.round((performance.now() - startedMs) * 10) / 10
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
