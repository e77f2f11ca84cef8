import type { Chain } from '../../../bridge-service/src/chains/chain.ts'
import type { AddressStore } from '../../../bridge-service/src/deposits/address-store.ts'
import type { StrayDeposit } from '../../../bridge-service/src/deposits/stray-deposit.ts'
import { done } from '../../../bridge-service/src/outcome.ts'
import { depositOf } from '../../../bridge-service/src/transfer/hold.ts'
import { terminalStates } from '../../../bridge-service/src/transfer/state.ts'
import type { FaultName } from '../catalogue.ts'
import { waitsFor } from './on-the-chain.ts'
import type { Planted } from './planted.ts'

const sweeper = (
  name: string,
  shownBy: readonly FaultName[],
  change: (store: AddressStore) => Partial<AddressStore>,
): Planted => ({
  name,
  shownBy,
  plant: ports => ({ ...ports, addresses: { ...ports.addresses, ...change(ports.addresses) } }),
})

const strays = (
  name: string,
  shownBy: readonly FaultName[],
  change: (strays: readonly StrayDeposit[]) => readonly StrayDeposit[],
): Planted => sweeper(name, shownBy, store => ({ act: act => store.act({ ...act, strays: change(act.strays) }) }))

export const plantedAtAddresses: readonly Planted[] = [
  strays('what is too much at a deposit address stays there', ['evm: a deposit address is sent too much'], all =>
    all.filter(({ reason }) => reason !== 'wrong_amount'),
  ),
  strays(
    'what an escrow gives back to its deposit address stays there',
    ['evm: a stranger refunds at the soft deadline', 'operator: forces a compensation'],
    all => all.filter(({ reason }) => reason !== 'refunded'),
  ),
  strays(
    'whatever comes to a deposit address is the same case',
    ['evm: a deposit address is sent too much', 'evm: a deposit address is sent something when all is over'],
    all => all.map(stray => ({ ...stray, fact: stray.fact.replace(/\d+$/, '0') })),
  ),
  strays('what lies at a deposit address is booked as if the treasury had it', ['evm: a deposit address is sent too much'], all =>
    all.map(stray => ({ ...stray, bookedMinor: BigInt(stray.units) })),
  ),
  sweeper(
    'nobody looks at a deposit address when its transfer is over',
    ['evm: a deposit address is sent something when all is over'],
    store => ({
      claimWatched: async chains => (await store.claimWatched(chains)).filter(({ state }) => !terminalStates.includes(state)),
    }),
  ),
  {
    name: 'a return from a deposit address that reverted counts as made',
    shownBy: ['evm: a deposit address is sent too much', 'evm: somebody else sends back what lies at a deposit address'],
    plant: (ports, { memory }) => {
      const change = (chain: Chain): Chain => ({
        ...chain,
        find: async key => {
          const outcome = await chain.find(key)
          const isReturn = memory.database.tables.deposit_orders.get(key)?.kind === 'giveBack'
          const isReverted = outcome.kind === 'refused' && outcome.code === 'reverted'
          return isReturn && isReverted ? done({ hash: '0x', nonce: '0', sender: 'operator' }) : outcome
        },
      })
      return { ...ports, chains: new Map([...ports.chains].map(([id, chain]) => [id, change(chain)])) }
    },
  },
  {
    name: 'what was locked from a deposit address is final as soon as it is heard of',
    shownBy: ['evm: a shallow reorg'],
    plant: (ports, { memory }) => ({
      ...ports,
      finalFacts: async limit => {
        const { transfers } = memory.database.tables
        const early = waitsFor(memory, 'deposit').filter(({ transferId }) => {
          const row = transfers.get(transferId)
          return row !== undefined && depositOf(row.transfer.terms)?.refundTo !== undefined
        })
        return [...(await ports.finalFacts(limit)), ...early]
      },
    }),
  },
]
