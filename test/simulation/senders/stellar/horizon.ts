import { unavailable } from '../../../../bridge-service/src/chains/stellar/failure.ts'
import type { Horizon, LedgerTx, Watermark } from '../../../../bridge-service/src/chains/stellar/horizon.ts'
import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import type { MinedTx, SimChain } from '../../chain/chain.ts'
import type { Faults } from '../../faults.ts'
import { passphrase } from './accounts.ts'
import { accountsShown } from './accounts-shown.ts'
import type { LedgerBooks } from './books.ts'
import { stroopsOf } from './customers.ts'
import { floorStroops, type LedgerMarket } from './fee-market.ts'
import type { Means } from './means.ts'
import { type OperationFault, resultOf } from './result.ts'
import { firstSequence } from './sequence.ts'
import { shownClaimant } from './shown-claimant.ts'
import type { Submissions } from './submission.ts'

const baseReserve = 5_000_000n
/** Of the ledger in which these worlds begin. */
const genesis = 1n

/**
 * All Horizons behind one address: each has ingested as much of the ledger as it likes, and says of each account as of when. One that makes up a
 * ledger, or a transaction, is none of them.
 */
export const simulatedHorizon = (
  startMs: number,
  random: Random,
  faults: Faults,
  chain: SimChain,
  market: LedgerMarket,
  books: LedgerBooks,
  means: Means,
  { send, known }: Submissions,
  nowMs: () => number,
): Horizon => {
  const accounts = accountsShown(nowMs, chain, means)
  /** Asks one of them; `head` is the last block that it has. */
  const ask = async <T>(answer: (head: number) => T): Promise<T> => {
    if (faults.strikes('stellar: horizon does not answer')) throw unavailable('TimeoutError')
    if (faults.strikes('stellar: horizon is asked too often')) throw unavailable('HTTP 429')
    const lag = faults.strikes('stellar: horizon lags behind') ? random.between(1, 4) : 0
    return answer(Math.max(0, chain.height() - lag))
  }
  const ledgerOf = (height: number): Pick<Watermark, 'ledger' | 'hash'> => ({
    ledger: genesis + BigInt(height),
    hash: chain.blocks[height - 1]?.hash ?? '0xgenesis',
  })
  const stateAt = (head: number) => (head === chain.height() ? chain.state() : chain.stateBefore(chain.height() - head))

  const minedBy = (hash: string): MinedTx | undefined =>
    known(hash)
      .map(({ tx }) => chain.minedAs(tx.hash))
      .find(mined => mined !== undefined) ?? chain.minedAs(hash)

  const shown = ({ tx, height, refusal }: MinedTx): LedgerTx => {
    const waiting = known(tx.hash).find(each => each.tx.hash === tx.hash)
    const { ledger } = ledgerOf(height)
    const common = { hash: tx.hash, ledger, successful: refusal === undefined }
    if (waiting === undefined) {
      // Of others only what a customer has brought is read.
      const envelope = tx.action === 'bring' || tx.action === 'pay' ? books.broughtBy(tx) : ''
      const { sender = '', nonce = 0 } = tx.lane ?? {}
      return { ...common, innerHash: tx.hash, source: sender, sequence: sequenceOf(nonce), envelope, result: '' }
    }
    const { transaction, innerHash } = waiting.read
    return {
      ...{ ...common, innerHash, source: transaction.source, sequence: transaction.sequence },
      envelope: transaction.envelope.toString('base64'),
      result: resultOf(transaction, refusal as OperationFault | undefined),
    }
  }

  return {
    passphrase: () =>
      ask(() => (faults.strikes('stellar: horizon serves another network') ? 'Another network ; of these worlds' : passphrase)),
    watermark: () =>
      ask(head => ({
        ...{ ...ledgerOf(head), baseReserve },
        closeTime: BigInt(Math.floor((chain.blocks[head - 1]?.timeMs ?? startMs) / 1_000)),
      })),
    ledgerHash: ledger => ask(head => (ledger - genesis > BigInt(head) ? undefined : ledgerOf(Number(ledger - genesis)).hash)),
    account: id => ask(head => accounts(id, () => stateAt(head), head, ledgerOf(head).ledger)),
    transaction: hash =>
      ask(head => {
        const mined = minedBy(hash)
        return mined === undefined || mined.height > head ? undefined : shown(mined)
      }),
    takerOf: (account, sequence) =>
      ask(head => {
        const taker = chain.blocks
          .slice(0, head)
          .flatMap(({ mined }) => mined)
          .find(({ tx }) => tx.lane?.sender === account && sequenceOf(tx.lane.nonce) === sequence)
        return taker && shown(taker)
      }),
    balance: id =>
      ask(head => {
        const balance = books.balanceIn(stateAt(head), id)
        if (balance === undefined) return undefined
        const { token, stroops, claimants } = balance
        return { id, token, stroops, claimants: claimants.map(shownClaimant), clawbackEnabled: true }
      }),
    market: () => ask(() => (faults.strikes('stellar: horizon tells the fees of before') ? floorStroops : market.asked())),
    supply: () => ask(head => stroopsOf(stateAt(head).mintedMinor)),
    send: async envelope => send(envelope),
  }
}

const sequenceOf = (nonce: number) => firstSequence + BigInt(nonce) + 1n
