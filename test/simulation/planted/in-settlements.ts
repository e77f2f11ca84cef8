import type { Planted } from './planted.ts'

export const plantedInSettlements: readonly Planted[] = [
  {
    name: 'what is settled of a debt is not taken off what may still be settled',
    shownBy: ['settlement: two persons settle one debt', 'bank: takes a debit back after the release'],
    plant: (ports, { memory }) => ({
      ...ports,
      hands: {
        settle: async (tx, settlement) => {
          const { receivables } = memory.database.tables
          const name = `${settlement.transferId} ${settlement.amount.currency}`
          const row = tx.get(receivables, name)!
          const { recovered, written_off } = row
          tx.put(receivables, name, { ...row, recovered: 0n, written_off: 0n })
          await ports.hands.settle(tx, settlement)
          const settled = tx.get(receivables, name)!
          tx.put(receivables, name, {
            ...settled,
            recovered: settled.recovered + recovered,
            written_off: settled.written_off + written_off,
          })
        },
      },
    }),
  },
]
