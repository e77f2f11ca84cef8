import type { Channels } from '../../../../bridge-service/src/chains/stellar/channels.ts'
import type { TxStore } from '../../../../bridge-service/src/chains/stellar/tx-store.ts'

/** What a Stellar sender asks of what it keeps, as places to die: to read is one of them. */
export const callOf = {
  byKey: 'stellarRead',
  lockOf: 'stellarRead',
  ofDeposit: 'stellarRead',
  openOn: 'stellarRead',
  waiting: 'stellarRead',
  envelopeOf: 'stellarRead',
  begin: 'stellarBegin',
  bump: 'stellarBump',
  doubt: 'stellarDoubt',
  end: 'stellarEnd',
  refuse: 'stellarRefuse',
  take: 'stellarTake',
  holdBusy: 'stellarHoldBusy',
  release: 'stellarRelease',
} as const satisfies Record<keyof TxStore | keyof Channels, string>

export type StellarStoreCall = (typeof callOf)[keyof typeof callOf]
