import { distribution, feesOf, lastLedgers } from '../horizon/fee-stats.ts'
import { ledgerAt } from './get-ledgers.ts'
import type { RpcMethod } from './method.ts'

const feeWindow = 50

export const getHealth: RpcMethod = node => {
  const view = node.view('rpc')
  return {
    status: 'healthy',
    latestLedger: view.latest,
    latestLedgerCloseTime: ledgerAt(view, view.latest).closeTime,
    oldestLedger: view.elder,
    oldestLedgerCloseTime: ledgerAt(view, view.elder).closeTime,
    ledgerRetentionWindow: view.latest - view.elder + 1,
  }
}

export const getNetwork: RpcMethod = (node, _, { friendbotUrl }) => {
  const view = node.view('rpc')
  return {
    friendbotUrl,
    passphrase: node.passphrase,
    protocolVersion: ledgerAt(view, view.latest).protocol,
  }
}

export const getFeeStats: RpcMethod = node => {
  const view = node.view('rpc')
  const ledgers = lastLedgers(view, feeWindow)
  const { charged } = feesOf(ledgers, node.faults.current('surge')?.baseFee)
  const distributionOf = (fees: readonly bigint[], otherwise: number) => ({
    ...distribution(fees, otherwise),
    transactionCount: String(fees.length),
    ledgerCount: ledgers.length,
  })
  return {
    sorobanInclusionFee: distributionOf([], 0),
    inclusionFee: distributionOf(charged, ledgerAt(view, view.latest).baseFee),
    latestLedger: view.latest,
  }
}
