import { BridgeError } from '../../errors.ts'
import type { Currency } from '../../money/currency.ts'
import type { Outcome } from '../../outcome.ts'
import type { Chain, ChainTx } from '../chain.ts'
import { parseStellarAddress } from './address.ts'
import { minorOf, stroopsOf } from './amount.ts'
import type { Channels } from './channels.ts'
import type { SenderConfig } from './config.ts'
import type { StellarContext } from './context.ts'
import { depositTask } from './deposit-task.ts'
import { stellarDeposits } from './deposits.ts'
import { finding } from './find.ts'
import { ledgerDeposit, ledgerHold } from './hold.ts'
import type { Horizon } from './horizon.ts'
import { mintRights } from './issuer.ts'
import type { StellarAccounts } from './keys.ts'
import { type PreparedDeposit, prepareDeposit } from './prepare-deposit.ts'
import { submitting } from './submit.ts'
import type { DepositTerms, StellarOrder } from './task.ts'
import { tending } from './tend.ts'
import type { TxStore } from './tx-store.ts'
import { type DepositVerdict, verifyDeposit } from './verify-deposit.ts'
import { type PaymentVerdict, verifyPayment } from './verify-payment.ts'

/** What a sender stands on: what is kept of its transactions, the right to use channels, a Horizon, and keys. */
export type StellarPorts = {
  readonly store: TxStore
  readonly channels: Channels
  readonly horizon: Horizon
  readonly accounts: StellarAccounts
}

/** What a sender can beside the port. */
export type StellarSender = Chain & {
  /** `submit` for every task, those of an off-ramp included; `find` knows them, too. */
  readonly order: (order: StellarOrder) => Promise<Outcome<ChainTx>>
  readonly prepareDeposit: (terms: DepositTerms) => Promise<PreparedDeposit>
  readonly verifyDeposit: (terms: DepositTerms, balanceId: string) => Promise<DepositVerdict>
  readonly verifyPayment: (
    terms: Pick<DepositTerms, 'ref' | 'currency' | 'amountMinor'> & { readonly memo?: string },
    at: { readonly hash: string; readonly operation: number },
  ) => Promise<PaymentVerdict>
  /** The balances that the transaction of an order made (a lock, a delivery), once it has succeeded. */
  readonly balancesOf: (key: string) => Promise<readonly string[]>
}

/**
 * A Stellar network behind the port `Chain`: numbers lent by channel accounts, every envelope stored before it is sent, fates from the ledger
 * (ADR 10). Any number of these may work on the same store and keys.
 */
export const stellarSender = (config: SenderConfig, { store, channels, horizon, accounts }: StellarPorts): StellarSender => {
  const tokenAddress = (currency: Currency): string => {
    const asset = config.assets[currency]
    if (asset === undefined) throw new BridgeError('asset_unknown', { asset: currency, chain: config.id })
    return `${asset.code}:${asset.issuer}`
  }
  // Horizon of another network would answer all that is asked, and wrongly.
  let verified: Promise<void> | undefined
  const verifyNetwork = () => {
    verified ??= horizon.passphrase().then(actual => {
      if (actual !== config.passphrase) throw new BridgeError('config_invalid', { chain: config.id, horizonPassphrase: actual })
    })
    return verified.catch(error => {
      verified = undefined
      throw error
    })
  }

  const context: StellarContext = {
    settings: config,
    passphrase: config.passphrase,
    ...{ horizon, store, channels, accounts },
    holdOf: terms => ledgerHold(config, accounts, terms),
    depositOf: terms => ledgerDeposit(config, accounts, terms),
    tokenAddress,
    decimalsOf: currency => config.assets[currency]?.decimals,
    verifyNetwork,
    notify: config.notify ?? (() => {}),
    checkpoint: async name => config.checkpoint?.(name),
  }

  const order = submitting(context)
  const tendAll = tending(context, order)
  let turn: Promise<void> | undefined

  return {
    id: config.id,
    treasury: accounts.hot,
    // There is no contract: what holds the money is what its claimants can do, and those are ours.
    escrow: accounts.hot,
    // What is paid by none of us is a customer's deposit.
    escrowId: terms => (accounts.own.has(terms.payer) ? context.holdOf(terms) : context.depositOf(terms)).escrowId,
    parseAddress: text => parseStellarAddress(text, accounts.own),
    supports: currency => config.assets[currency] !== undefined,
    submit: async wanted => {
      const { key, action, terms, deposit } = wanted
      if (deposit) {
        const task = await depositTask(context, wanted)
        return 'kind' in task ? task : order({ key, task })
      }
      if (action === 'commit')
        throw new BridgeError('internal', { reason: 'only our own keys move a hold: nothing is to be committed' })
      return order({ key, task: { action, terms } })
    },
    find: finding(context),
    deposits: stellarDeposits(context, order),
    tend: () => {
      // Two turns of one worker at once would only get in each other's way.
      turn ??= verifyNetwork()
        .then(tendAll)
        .finally(() => {
          turn = undefined
        })
      return turn
    },
    tokenAddress,
    committedBy: 'balance',
    mintPayer: currency => config.assets[currency]?.issuer ?? tokenAddress(currency),
    unitsPerMinor: currency => stroopsOf(1n, currency),
    mintRights: currency => mintRights(context, currency),
    supplyOf: async currency => minorOf(await horizon.supply(tokenAddress(currency)), currency).toString(),
    balanceOf: async (currency, address) => {
      const line = (await horizon.account(address))?.lines.get(tokenAddress(currency))
      return minorOf(line?.balance ?? 0n, currency).toString()
    },
    order,
    prepareDeposit: terms => prepareDeposit(context, terms),
    verifyDeposit: (terms, balanceId) => verifyDeposit(context, terms, balanceId),
    verifyPayment: (terms, at) => verifyPayment(context, terms, at),
    balancesOf: async key => {
      const tx = await context.store.byKey(key)
      return tx?.status === 'succeeded' ? tx.attempts.at(-1)!.balanceIds : []
    },
  }
}
