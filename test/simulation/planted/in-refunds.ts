import type { RefundStore } from '../../../bridge-service/src/refunds/store.ts'
import type { Planted } from './planted.ts'

const payers = (name: string, shownBy: Planted['shownBy'], change: (store: RefundStore) => Partial<RefundStore>): Planted => ({
  name,
  ...(shownBy && { shownBy }),
  plant: ports => ({ ...ports, refunds: { ...ports.refunds, ...change(ports.refunds) } }),
})

const often = 'refund: two are asked for at once'

export const plantedInRefunds: readonly Planted[] = [
  payers('a refund goes out under another key at its second try', [often, 'bank: is down for a while'], store => ({
    claim: async () =>
      (await store.claim()).map(refund => {
        const key = `${refund.request.key}-again`
        return refund.attempts === 2 ? { ...refund, attempts: 1, request: { ...refund.request, key } } : refund
      }),
  })),
  payers('a refund that has settled is taken for one that failed', [often], store => ({
    complete: refund => store.fail(refund, 'it was not understood'),
  })),
  {
    name: 'what is on its way to a customer is not counted when he asks for more',
    shownBy: [often],
    plant: (ports, { memory }) => ({
      ...ports,
      openRefund: async request => {
        const { refunds } = memory.database.tables
        const others = [...refunds.values()].filter(({ refund_of }) => refund_of === request.transferId)
        for (const { id } of others) refunds.delete(id)
        try {
          return await ports.openRefund(request)
        } finally {
          for (const row of others) refunds.set(row.id, row)
        }
      },
    }),
  },
]
