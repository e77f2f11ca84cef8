import { createHash } from 'node:crypto'
import { Account, type Asset, Keypair, Operation, TransactionBuilder, xdr } from '@stellar/stellar-sdk/base'
import type { SubmitAnswer } from '../answer.ts'
import type { AppliedTransaction } from '../closed-ledger.ts'
import { rootKeypair } from '../genesis.ts'
import { openStellarNetwork, type StellarNetworkOptions } from '../network.ts'

export const passphrase = 'Causeway Test Network ; November 2026'
export const genesisTime = 1_800_000_000

export type Order = {
  readonly source: Keypair
  readonly operations: readonly xdr.Operation[]
  /** Default: the source alone. */
  readonly signers?: readonly Keypair[]
  /** Stroops an operation. */
  readonly fee?: number
  /** Default: the next one of the source. */
  readonly sequence?: bigint
  /** Conditions and whatever else the builder can be told. */
  readonly with?: (builder: TransactionBuilder) => TransactionBuilder
}

export type Verdict = { readonly code: string; readonly operations: readonly string[]; readonly feeCharged: bigint }

/** A network with a few people on it, who are named, and whose keys follow from their names. */
export const openWorld = (options: Partial<StellarNetworkOptions> = {}) => {
  const network = openStellarNetwork({ passphrase, genesisTime, ...options })
  const root = rootKeypair(passphrase)

  const build = ({ source, operations, fee = 100, sequence, with: conditions = same }: Order) => {
    const next = sequence ?? network.state.account(source.publicKey())!.sequence + 1n
    const builder = new TransactionBuilder(new Account(source.publicKey(), `${next - 1n}`), {
      fee: `${fee}`,
      networkPassphrase: passphrase,
    })
    for (const operation of operations) builder.addOperation(operation)
    const conditioned = conditions(builder)
    return (conditioned.timebounds ? conditioned : conditioned.setTimeout(0)).build()
  }
  const sign = (order: Order): string => {
    const transaction = build(order)
    for (const signer of order.signers ?? [order.source]) transaction.sign(signer)
    return transaction.toEnvelope().toXdr('base64')
  }
  const submit = (order: Order) => network.submit(sign(order))
  const close = (seconds = 5) => network.close(network.last().closeTime + seconds)

  /** Submits and closes; what became of it, refused or applied. */
  const run = (order: Order | string): Verdict => {
    const answer = network.submit(typeof order === 'string' ? order : sign(order))
    if (answer.status === 'ERROR') return { ...verdict(answer.resultXdr), code: `refused ${verdict(answer.resultXdr).code}` }
    if (answer.status !== 'PENDING') return { code: answer.status, operations: [], feeCharged: 0n }
    const applied = close().transactions.find(({ hash }) => hash === answer.hash)
    return applied ? verdict(applied.resultXdr) : { code: 'dropped', operations: [], feeCharged: 0n }
  }

  /** Somebody with so many lumens. */
  const person = (name: string, lumens = '1000'): Keypair => {
    const keypair = keypairOf(name)
    const { code } = run({
      source: root,
      fee: network.last().baseFee,
      operations: [Operation.createAccount({ destination: keypair.publicKey(), startingBalance: lumens })],
    })
    if (code !== 'txSuccess') throw new Error(`${name} could not be created: ${code}`)
    return keypair
  }

  const trust = (holder: Keypair, asset: Asset, limit?: string) =>
    run({ source: holder, operations: [Operation.changeTrust({ asset, ...(limit === undefined ? {} : { limit }) })] })

  const account = (who: Keypair) => network.state.account(who.publicKey())!

  return { network, root, build, sign, submit, close, run, person, trust, account }
}

const same = (builder: TransactionBuilder) => builder

export const keypairOf = (name: string): Keypair => Keypair.fromRawEd25519Seed(createHash('sha256').update(name).digest())

/** The codes of a TransactionResult, of the inner one for a fee bump, in the SDK's words. */
export const verdict = (resultXdr: string): Verdict => {
  const { feeCharged, result } = xdr.TransactionResult.fromXdr(resultXdr, 'base64')
  if (result.type === 'txFeeBumpInnerSuccess' || result.type === 'txFeeBumpInnerFailed') {
    const inner = result.innerResultPair.result.result
    return { code: inner.type, operations: operationCodes(inner), feeCharged }
  }
  return { code: result.type, operations: operationCodes(result), feeCharged }
}

const operationCodes = (result: xdr.TransactionResultResult | xdr.InnerTransactionResultResult): string[] =>
  result.type === 'txSuccess' || result.type === 'txFailed'
    ? result.results.map(one => (one.type === 'opInner' ? one.tr.value.type : one.type))
    : []

/** Of an answer that refuses. */
export const refusal = (answer: SubmitAnswer): string =>
  answer.status === 'ERROR' ? verdict(answer.resultXdr).code : answer.status

export const codes = (transactions: readonly AppliedTransaction[]): string[] =>
  transactions.map(({ resultXdr }) => verdict(resultXdr).code)
