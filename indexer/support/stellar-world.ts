import {
  Account,
  AuthClawbackEnabledFlag,
  AuthRevocableFlag,
  type FeeBumpTransaction,
  type Memo,
  Operation,
  type Transaction,
  TransactionBuilder,
  type xdr,
} from '@stellar/stellar-sdk/base'
import { rootKeypair } from '../../scripts/local/stellar/genesis.ts'
import { serveStellar } from '../../scripts/local/stellar/server.ts'
import type { StellarChainConfig } from '../src/config.ts'
import type { Hash } from '../src/observation.ts'
import { keyOf, usdc } from './stellar-transactions.ts'

/** A transaction that is in a ledger. */
export type InLedger = { readonly transaction: Transaction; readonly hash: Hash; readonly ledger: bigint }

type Sending = { readonly memo?: Memo | undefined; readonly by?: string; readonly bumpedBy?: string }

export type StellarWorld = Awaited<ReturnType<typeof startStellarWorld>>

const names = ['hot', 'cold', 'issuer', 'customer', 'stranger', 'newcomer', 'channel', 'channel-2']
const keys = new Map(names.map(name => [keyOf(name).publicKey(), keyOf(name)]))

/** A local Stellar network that closes by hand, with our accounts on it: USDC that may be clawed back, and a newcomer without a trustline. */
export const startStellarWorld = async (passphrase = 'Causeway Unit Tests') => {
  const genesisTime = 1_800_000_000
  const server = await serveStellar({ closeMs: 0, passphrase, genesisTime, streamMs: 2_000 })
  keys.set(rootKeypair(passphrase).publicKey(), rootKeypair(passphrase))
  let time = genesisTime

  /** Closes the next ledger, five seconds later or at this Unix second. */
  const close = (at = time + 5) => {
    time = at
    return server.node.close(at)
  }

  const build = (operations: xdr.Operation[], { memo, by = 'channel' }: Sending = {}): Transaction => {
    const source = by === 'root' ? rootKeypair(passphrase) : keyOf(by)
    const account = server.node.network().state.account(source.publicKey())
    const builder = new TransactionBuilder(new Account(source.publicKey(), String(account?.sequence)), {
      ...{ fee: '1000', networkPassphrase: passphrase, ...(memo ? { memo } : {}) },
    })
    for (const operation of operations) builder.addOperation(operation)
    const transaction = builder.setTimeout(0).build()
    const signers = new Set([transaction.source, ...transaction.operations.flatMap(({ source: each }) => each ?? [])])
    for (const signer of signers) transaction.sign(keys.get(signer)!)
    return transaction
  }

  const submit = (operations: xdr.Operation[], sending: Sending = {}): Transaction => {
    const transaction = build(operations, sending)
    const { bumpedBy } = sending
    let sent: Transaction | FeeBumpTransaction = transaction
    if (bumpedBy !== undefined) {
      sent = TransactionBuilder.buildFeeBumpTransaction(keyOf(bumpedBy), '5000', transaction, passphrase)
      sent.sign(keyOf(bumpedBy))
    }
    const answer = server.node.network().submit(sent.toEnvelope().toXdr('base64'))
    if (answer.status !== 'PENDING') throw new Error(JSON.stringify(answer))
    return transaction
  }

  /** Sends, closes, and gives what is in the ledger; whether it succeeded the caller knows. */
  const attempt = (operations: xdr.Operation[], sending?: Sending): InLedger & { successful: boolean } => {
    const transaction = submit(operations, sending)
    const ledger = close()
    const hash = Buffer.from(transaction.hash()).toString('hex')
    const applied = ledger.transactions.find(({ hash: outer, innerHash }) => (innerHash ?? outer) === hash)
    if (!applied) throw new Error('not in the ledger')
    return { transaction, hash: `0x${hash}`, ledger: BigInt(ledger.sequence), successful: applied.successful }
  }

  const apply = (operations: xdr.Operation[], sending?: Sending): InLedger => {
    const { successful, ...done } = attempt(operations, sending)
    if (!successful) throw new Error('it failed')
    return done
  }

  const populate = () => {
    const startingBalance = '1000'
    apply(
      names.map(name => Operation.createAccount({ destination: keyOf(name).publicKey(), startingBalance })),
      { by: 'root' },
    )
    const holders = ['hot', 'cold', 'customer', 'stranger'].map(name => keyOf(name).publicKey())
    apply([
      Operation.setOptions({ source: usdc.issuer!, setFlags: (AuthRevocableFlag | AuthClawbackEnabledFlag) as never }),
      ...holders.map(source => Operation.changeTrust({ source, asset: usdc })),
      ...holders.map(destination => Operation.payment({ source: usdc.issuer!, destination, asset: usdc, amount: '100000' })),
    ])
  }
  populate()

  return {
    ...{ url: server.url, rpcUrl: `${server.url}/rpc`, node: server.node, faults: server.node.faults, stop: server.close },
    ...{ close, build, submit, attempt, apply },
    now: () => time,
    tip: () => server.node.network().last(),
    /** A new genesis under the same passphrase, with our accounts on it again. */
    reset: () => {
      server.node.reset(time)
      populate()
    },
  }
}

export const stellarConfig = (over: Partial<StellarChainConfig> = {}): StellarChainConfig => ({
  kind: 'stellar',
  id: 'stellar:local',
  passphrase: 'Causeway Unit Tests',
  accounts: { treasury: keyOf('hot').publicKey(), cold: keyOf('cold').publicKey() },
  assets: { USDC: { code: 'USDC', issuer: usdc.issuer! } },
  startLedger: 2n,
  pollMs: 20,
  expectedCloseMs: 10_000,
  silentCloses: 100,
  batchSize: 100,
  requestTimeoutMs: 5_000,
  ...over,
})
