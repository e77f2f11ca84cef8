import { BASE_FEE, Horizon, Keypair, Memo, Operation, type Transaction, TransactionBuilder, type xdr } from '@stellar/stellar-sdk'
import type { StellarBridge } from './stellar-bridge.ts'

/** Somebody with an account on the local network: a customer, or the issuer in a bad mood. */
export const stellarParty = ({ network, setup }: Pick<StellarBridge, 'network' | 'setup'>, key: Keypair = Keypair.random()) => {
  const horizon = new Horizon.Server(network.url, { allowHttp: true })

  /** One transaction, in a ledger and successful; throws what Horizon says otherwise. */
  const sendWith = async (memo: Memo, operations: readonly xdr.Operation[]): Promise<void> => {
    const account = await horizon.loadAccount(key.publicKey())
    const builder = new TransactionBuilder(account, { fee: BASE_FEE, networkPassphrase: network.passphrase }).setTimeout(60)
    for (const operation of operations) builder.addOperation(operation)
    const transaction = builder.addMemo(memo).build()
    transaction.sign(key)
    await horizon.submitTransaction(transaction)
  }

  const send = (...operations: readonly xdr.Operation[]): Promise<void> => sendWith(Memo.none(), operations)

  return {
    address: key.publicKey(),
    passphrase: network.passphrase,
    horizon,
    send,
    sendWith,
    /** Signs and sends a transaction that somebody else has prepared, base64. */
    sendEnvelope: async (envelope: string): Promise<void> => {
      const transaction = TransactionBuilder.fromXdr(envelope, network.passphrase) as Transaction
      transaction.sign(key)
      await horizon.submitTransaction(transaction)
    },
    /** Makes the account, with lumens from the friendbot. */
    open: async (): Promise<void> => {
      const answer = await fetch(`${network.friendbotUrl}?addr=${key.publicKey()}`)
      if (!answer.ok) throw new Error(`friendbot: ${answer.status} ${await answer.text()}`)
    },
    trust: (currency: string): Promise<void> => send(Operation.changeTrust({ asset: setup.assets[currency]! })),
    /** New tokens of the issuer's, in units: what came out of the treasury would be in no books. */
    fund: (currency: string, amount: string): Promise<void> =>
      stellarParty({ network, setup }, setup.issuer).send(
        Operation.payment({ destination: key.publicKey(), asset: setup.assets[currency]!, amount }),
      ),
    /** In units, with seven decimals; undefined without a line. */
    holds: async (currency: string): Promise<string | undefined> => {
      const { balances } = await horizon.loadAccount(key.publicKey())
      return balances.find(line => 'asset_code' in line && line.asset_code === currency)?.balance
    },
    /** Balances that he may claim. */
    claimable: async () => (await horizon.claimableBalances().claimant(key.publicKey()).call()).records,
    claim: (balanceId: string): Promise<void> => send(Operation.claimClaimableBalance({ balanceId })),
  }
}

export type StellarParty = ReturnType<typeof stellarParty>
