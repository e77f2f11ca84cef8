import { createHash } from 'node:crypto'
import { Account, Keypair, Operation, TimeoutInfinite, TransactionBuilder, type xdr } from '@stellar/stellar-sdk/base'
import type { Faults } from './faults.ts'
import { rootKeypair } from './genesis.ts'
import type { StellarNetwork } from './network.ts'

/** A transaction in the queue, and what it offers. Stroops; a fee bump counts as one operation more. */
export type Bid = { readonly maxFee: bigint; readonly operations: number }

/** Operations that a ledger takes under surge: as many as one stranger can fill with one transaction. */
const surgeRoom = 100

/**
 * Before a ledger closes under surge: a stranger takes all the room that better bids leave, and offers just less than the surge's fee. So
 * those get in, and the others wait, age and are banned as in any full ledger. The first ledger makes ready: the room that validators vote for
 * is that of the ledger after the next.
 */
export const fillUnderSurge = (network: StellarNetwork, faults: Faults, queue: readonly Bid[], usualRoom: number) => {
  const surge = faults.take('surge')
  const room = surge ? Math.min(surgeRoom, usualRoom) : usualRoom
  const current = network.last().maxTxSetSize
  if (current !== room) network.upgrade({ maxTxSetSize: room })
  if (!surge) return
  const stranger = strangerOf(network.passphrase)
  if (!network.state.account(stranger.publicKey())) {
    submit(network, rootKeypair(network.passphrase), 10_000, [
      Operation.createAccount({ destination: stranger.publicKey(), startingBalance: '1000000' }),
    ])
    return
  }
  const left = room - operationsOf(queue.filter(bid => offersAtLeast(bid, surge.baseFee)))
  if (current !== room || left <= 0) return
  const nothing = Operation.bumpSequence({ bumpTo: '0' })
  submit(network, stranger, surge.baseFee - 1, new Array(left).fill(nothing))
}

const strangerOf = (passphrase: string) =>
  Keypair.fromRawEd25519Seed(createHash('sha256').update(`${passphrase} stranger`).digest())

const operationsOf = (bids: readonly Bid[]) => bids.reduce((sum, { operations }) => sum + operations, 0)

const offersAtLeast = ({ maxFee, operations }: Bid, baseFee: number) => maxFee >= BigInt(baseFee) * BigInt(operations)

const submit = (network: StellarNetwork, source: Keypair, feePerOperation: number, operations: readonly xdr.Operation[]) => {
  const { sequence } = network.state.account(source.publicKey())!
  const builder = new TransactionBuilder(new Account(source.publicKey(), String(sequence)), {
    fee: String(feePerOperation),
    networkPassphrase: network.passphrase,
  }).setTimeout(TimeoutInfinite)
  for (const operation of operations) builder.addOperation(operation)
  const transaction = builder.build()
  transaction.sign(source)
  network.submit(transaction.toXdr())
}
