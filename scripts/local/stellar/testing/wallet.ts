import { type Horizon, Keypair, type Memo, Operation, type Transaction, TransactionBuilder, type xdr } from '@stellar/stellar-sdk'

export type BuildOptions = {
  readonly fee?: string
  readonly memo?: Memo
  /** Seconds; 60 when absent. 0: for ever. */
  readonly timeout?: number
  readonly signers?: readonly Keypair[]
}

/** A wallet that knows the network by Horizon only. */
export const walletOf = ({ url, passphrase, horizon }: { url: string; passphrase: string; horizon: Horizon.Server }) => {
  const build = async (
    source: Keypair,
    operations: readonly xdr.Operation[],
    options: BuildOptions = {},
  ): Promise<Transaction> => {
    const builder = new TransactionBuilder(await horizon.loadAccount(source.publicKey()), {
      fee: options.fee ?? '1000',
      networkPassphrase: passphrase,
      ...(options.memo ? { memo: options.memo } : {}),
    }).setTimeout(options.timeout ?? 60)
    for (const operation of operations) builder.addOperation(operation)
    const transaction = builder.build()
    transaction.sign(...(options.signers ?? [source]))
    return transaction
  }
  const send = async (source: Keypair, operations: readonly xdr.Operation[], options: BuildOptions = {}) =>
    horizon.submitTransaction(await build(source, operations, options))

  return {
    build,
    send,
    /** A new account with 10,000 lumens. */
    fund: async (): Promise<Keypair> => {
      const account = Keypair.random()
      const answer = await fetch(`${url}/friendbot?addr=${account.publicKey()}`)
      if (!answer.ok) throw new Error(`friendbot: ${await answer.text()}`)
      return account
    },
    /** New accounts, made by one in one transaction. */
    make: async (creator: Keypair, count: number, startingBalance = '100'): Promise<Keypair[]> => {
      const accounts = Array.from({ length: count }, () => Keypair.random())
      await send(
        creator,
        accounts.map(account => Operation.createAccount({ destination: account.publicKey(), startingBalance })),
      )
      return accounts
    },
  }
}

export type Wallet = ReturnType<typeof walletOf>

/** What Horizon answered instead of success. */
export const problemOf = async (attempt: Promise<unknown>) => {
  try {
    await attempt
  } catch (error) {
    return problemIn(error)
  }
  throw new Error('it succeeded')
}

type Problem = {
  readonly type?: string
  readonly title?: string
  readonly status?: number
  readonly tx_status?: string
  readonly hash?: string
  readonly error_result_xdr?: string
  readonly extras?: Record<string, unknown> & { result_codes?: unknown; hash?: string; invalid_field?: string }
}

const problemIn = (error: unknown): { status: number; body: Problem } => {
  const { response } = error as { response?: { status?: number; data?: Problem } & Problem }
  if (!response) throw error
  const body = response.data ?? response
  return { status: response.status ?? body.status ?? 0, body }
}
