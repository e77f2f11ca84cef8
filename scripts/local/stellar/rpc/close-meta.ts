import { xdr } from '@stellar/stellar-sdk/base'
import type { ClosedLedger } from '../closed-ledger.ts'

/** A LedgerHeaderHistoryEntry: the header, and its hash. */
export const headerEntry = ({ hash, headerXdr }: ClosedLedger): xdr.LedgerHeaderHistoryEntry =>
  new xdr.LedgerHeaderHistoryEntry({
    hash,
    header: xdr.LedgerHeader.fromXdr(headerXdr, 'base64'),
    ext: xdr.LedgerHeaderHistoryEntryExt.v0(),
  })

/** All there is to say about a ledger, as a core streams it: header, transactions, results, changes. */
export const closeMeta = (ledger: ClosedLedger): xdr.LedgerCloseMeta =>
  xdr.LedgerCloseMeta.v1(
    new xdr.LedgerCloseMetaV1({
      ext: xdr.LedgerCloseMetaExt.v0(),
      ledgerHeader: headerEntry(ledger),
      txSet: xdr.GeneralizedTransactionSet.v1TxSet(
        new xdr.TransactionSetV1({
          previousLedgerHash: ledger.previousHash,
          phases: [xdr.TransactionPhase.v0Components(components(ledger)), xdr.TransactionPhase.v0Components([])],
        }),
      ),
      txProcessing: ledger.transactions.map(
        ({ hash, resultXdr, feeMetaXdr, resultMetaXdr }) =>
          new xdr.TransactionResultMeta({
            result: new xdr.TransactionResultPair({
              transactionHash: hash,
              result: xdr.TransactionResult.fromXdr(resultXdr, 'base64'),
            }),
            feeProcessing: xdr.decodeArray(xdr.LedgerEntryChange, feeMetaXdr, 'base64'),
            txApplyProcessing: xdr.TransactionMeta.fromXdr(resultMetaXdr, 'base64'),
          }),
      ),
      upgradesProcessing: [],
      scpInfo: [],
      totalByteSizeOfLiveSorobanState: 0n,
      evictedKeys: [],
      unused: [],
    }),
  )

const components = ({ transactions, chargedBaseFee }: ClosedLedger): xdr.TxSetComponent[] =>
  transactions.length === 0
    ? []
    : [
        xdr.TxSetComponent.txsetCompTxsMaybeDiscountedFee(
          new xdr.TxSetComponentTxsMaybeDiscountedFee({
            baseFee: chargedBaseFee,
            txs: transactions.map(({ envelopeXdr }) => xdr.TransactionEnvelope.fromXdr(envelopeXdr, 'base64')),
          }),
        ),
      ]
