import type { xdr } from '@stellar/stellar-sdk/base'
import { accountOf, claimantOf, tokenOf } from './decode-parts.ts'
import type { Movement } from './transaction.ts'

type Place = { readonly index: number; readonly by: ReturnType<typeof accountOf> }

/** What a successful operation did; undefined when it is none of those that can concern us. */
export const movementOf = (body: xdr.OperationBody, result: xdr.OperationResult, place: Place): Movement | undefined => {
  const acted = { index: place.index, by: place.by.account }
  switch (body.type) {
    case 'createClaimableBalance': {
      const { asset, amount, claimants } = body.createClaimableBalanceOp
      return {
        ...{ ...acted, kind: 'balanceCreated', balanceId: createdBalance(result), token: tokenOf(asset), amount },
        claimants: claimants.map(claimantOf),
      }
    }
    case 'claimClaimableBalance':
      return { ...acted, kind: 'balanceClaimed', balanceId: body.claimClaimableBalanceOp.balanceId.toXdr('hex') }
    case 'clawbackClaimableBalance':
      return { ...acted, kind: 'balanceClawedBack', balanceId: body.clawbackClaimableBalanceOp.balanceId.toXdr('hex') }
    case 'payment': {
      const { destination, asset, amount } = body.paymentOp
      return paid(place, destination, asset, amount)
    }
    case 'pathPaymentStrictReceive': {
      const { destination, destAsset, destAmount } = body.pathPaymentStrictReceiveOp
      return paid(place, destination, destAsset, destAmount)
    }
    case 'pathPaymentStrictSend': {
      const { destination, destAsset } = body.pathPaymentStrictSendOp
      return paid(place, destination, destAsset, arrived(result))
    }
    default:
      return undefined
  }
}

const paid = ({ index, by }: Place, destination: xdr.MuxedAccount, asset: xdr.Asset, amount: bigint): Movement => {
  const { account, address, muxedId } = accountOf(destination)
  return {
    ...{ kind: 'paid', index, by: by.account, fromAddress: by.address, to: account, toAddress: address },
    ...(muxedId === undefined ? {} : { muxedId }),
    ...{ token: tokenOf(asset), amount },
  }
}

const createdBalance = (result: xdr.OperationResult): string => {
  const created = inner(result, 'createClaimableBalance').createClaimableBalanceResult
  if (created.type !== 'createClaimableBalanceSuccess') throw new Error(`a success says ${created.type}`)
  return created.balanceId.toXdr('hex')
}

/** A strict send names what leaves; only the result says what came. */
const arrived = (result: xdr.OperationResult): bigint => {
  const sent = inner(result, 'pathPaymentStrictSend').pathPaymentStrictSendResult
  if (sent.type !== 'pathPaymentStrictSendSuccess') throw new Error(`a success says ${sent.type}`)
  return sent.success.last.amount
}

const inner = <T extends xdr.OperationResultTr['type']>(result: xdr.OperationResult, type: T) => {
  if (result.type !== 'opInner' || result.tr.type !== type) throw new Error(`no result of ${type}`)
  return result.tr as Extract<xdr.OperationResultTr, { type: T }>
}
