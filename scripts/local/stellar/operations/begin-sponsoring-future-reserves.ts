import { xdr } from '@stellar/stellar-sdk/base'
import { accountIdOfKey } from '../ledger/account-id.ts'
import { define } from './define.ts'

const result = (code: xdr.BeginSponsoringFutureReservesResult['type']) =>
  xdr.OperationResultTr.beginSponsoringFutureReserves(xdr.BeginSponsoringFutureReservesResult[code]())

export const beginSponsoringFutureReserves = define('beginSponsoringFutureReserves', {
  threshold: 'medium',
  malformed: ({ sponsoredId }, source) =>
    accountIdOfKey(sponsoredId) === source ? 'beginSponsoringFutureReservesMalformed' : undefined,
  apply: ({ sponsoredId }, { sponsorships, source }) => {
    const sponsored = accountIdOfKey(sponsoredId)
    if (sponsorships.sponsorOf(sponsored)) return 'beginSponsoringFutureReservesAlreadySponsored'
    if (sponsorships.sponsorOf(source) || sponsorships.isSponsor(sponsored)) return 'beginSponsoringFutureReservesRecursive'
    sponsorships.begin(sponsored, source)
    return 'beginSponsoringFutureReservesSuccess'
  },
  result,
  success: result('beginSponsoringFutureReservesSuccess'),
})
