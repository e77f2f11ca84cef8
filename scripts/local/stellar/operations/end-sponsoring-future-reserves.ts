import { xdr } from '@stellar/stellar-sdk/base'
import { define } from './define.ts'

const result = (code: xdr.EndSponsoringFutureReservesResult['type']) =>
  xdr.OperationResultTr.endSponsoringFutureReserves(xdr.EndSponsoringFutureReservesResult[code]())

export const endSponsoringFutureReserves = define('endSponsoringFutureReserves', {
  threshold: 'medium',
  malformed: () => undefined,
  apply: (_body, { sponsorships, source }) => {
    if (!sponsorships.sponsorOf(source)) return 'endSponsoringFutureReservesNotSponsored'
    sponsorships.end(source)
    return 'endSponsoringFutureReservesSuccess'
  },
  result,
  success: result('endSponsoringFutureReservesSuccess'),
})
