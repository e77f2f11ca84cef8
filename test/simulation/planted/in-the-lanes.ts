import type { EvmPorts } from '../../../bridge-service/src/chains/evm/sender.ts'
import type { FaultName } from '../catalogue.ts'
import type { PlantEvm } from '../senders/evm/line.ts'
import { type EvmTables, type LaneRow, laneOf } from '../senders/evm/tables.ts'
import type { Planted } from './planted.ts'

const evm = (name: string, plantEvm: PlantEvm, shownBy?: readonly FaultName[]): Planted => ({
  ...{ name, plantEvm },
  ...(shownBy && { shownBy }),
})

const changeStore = (ports: EvmPorts, change: Partial<EvmPorts['store']>): EvmPorts => ({
  ...ports,
  store: { ...ports.store, ...change },
})

export const plantedInTheLanes: readonly Planted[] = [
  evm('evm: a nonce is what the node counts', ports => ({
    ...ports,
    keys: {
      ...ports.keys,
      sign: async (sender, request) => ports.keys.sign(sender, { ...request, nonce: await ports.rpc.transactionCount(sender) }),
    },
  })),
  evm('evm: a replacement goes out at the next nonce', (ports, { tables }) => ({
    ...ports,
    keys: {
      ...ports.keys,
      sign: (sender, request) => {
        const isReplacement = [...tables.evm_txs.values()].some(
          ({ tx }) => tx.sender === sender && tx.nonce === request.nonce && tx.versions.length > 0,
        )
        return ports.keys.sign(sender, isReplacement ? { ...request, nonce: request.nonce! + 1 } : request)
      },
    },
  })),
  evm('evm: each process counts the nonces of a lane by itself', (ports, { id, tables }) => {
    const counted = new Map<string, LaneRow>()
    return {
      ...ports,
      lanes: {
        ...ports.lanes,
        allocate: async (sender, chainCount, calls) => {
          const name = laneOf(id, sender)
          const mine = counted.get(name)
          if (mine !== undefined) tables.nonce_lanes.set(name, { ...tables.nonce_lanes.get(name)!, nextNonce: mine.nextNonce })
          const allocated = await ports.lanes.allocate(sender, mine?.nextNonce ?? chainCount, calls)
          counted.set(name, tables.nonce_lanes.get(name)!)
          return allocated
        },
      },
    }
  }),
  evm('evm: bytes go out before they are kept', ports => ({
    ...ports,
    keys: {
      ...ports.keys,
      sign: async (sender, request) => {
        const raw = await ports.keys.sign(sender, request)
        await ports.rpc.send(raw).catch(() => {})
        return raw
      },
    },
  })),
  evm(
    'evm: only the newest signature of a nonce is looked for',
    ports => ({ ...ports, rpc: { ...ports.rpc, receipt: hashes => ports.rpc.receipt(hashes.slice(-1)) } }),
    ['evm: miners want more than nodes tell'],
  ),
  evm('evm: what is in a block is never looked at again', ports =>
    changeStore(ports, {
      record: (lease, seen, nowMs) =>
        ports.store.record(
          lease,
          seen.map(one => ({ ...one, final: one.final || one.inclusion !== undefined })),
          nowMs,
        ),
    }),
  ),
  evm('evm: a nonce whose worker died before it signed is forgotten', ports =>
    changeStore(ports, {
      open: async sender => (await ports.store.open(sender)).filter(({ status }) => status !== 'allocated'),
    }),
  ),
  evm('evm: what was sent once is not sent again', (ports, { tables }) => ({
    ...ports,
    rpc: {
      ...ports.rpc,
      send: async raw => {
        const known = sentBefore.get(tables) ?? new Set()
        sentBefore.set(tables, known)
        if (known.has(raw)) return undefined
        known.add(raw)
        return ports.rpc.send(raw)
      },
    },
  })),
]

/** Of a world. */
const sentBefore = new WeakMap<EvmTables, Set<string>>()
