import type { ChainDeposits } from '../../../bridge-service/src/chains/deposits.ts'
import type { DepositStore } from '../../../bridge-service/src/deposits/store.ts'
import { depositOf } from '../../../bridge-service/src/transfer/hold.ts'
import { escrowIdOf } from '../chain/ids.ts'
import { changeMatched } from './change-store.ts'
import type { Planted } from './planted.ts'

const desk = (name: string, change: (store: DepositStore) => Partial<DepositStore>): Planted => ({
  name,
  plant: ports => ({ ...ports, deposits: { ...ports.deposits, ...change(ports.deposits) } }),
})

const ways = (name: string, change: (deposits: ChainDeposits) => Partial<ChainDeposits>): Planted => ({
  name,
  plant: ports => ({
    ...ports,
    chains: new Map(
      [...ports.chains].map(([id, chain]) => [
        id,
        chain.deposits ? { ...chain, deposits: { ...chain.deposits, ...change(chain.deposits) } } : chain,
      ]),
    ),
  }),
})

export const plantedAtTheDesk: readonly Planted[] = [
  desk("money that no transfer takes is nobody's case", store => ({
    openCases: chains => store.openCases(chains, () => undefined),
  })),
  desk('an order to give back is forgotten when its first answer is lost', store => ({
    postponeOrder: async (order, delayMs) => store.postponeOrder(order, order.tried ? delayMs : 365 * 86_400_000),
  })),
  ways('what has been paid to us is left for its payer to take back', () => ({
    wayBack: async ({ refundAfter }) => ({ kind: 'byItself', from: refundAfter }),
  })),
  {
    name: "a deposit is taken whatever its terms, for its ref's sake",
    plant: (ports, { memory }) => ({
      ...ports,
      store: changeMatched(ports.store, fact => {
        const transfer = memory.database.tables.transfers.get(fact.transferId)?.transfer
        const deposit = transfer && depositOf(transfer.terms)
        return deposit && fact.bringsMoney ? { ...fact, escrowId: escrowIdOf(deposit.terms) } : fact
      }),
    }),
  },
]
