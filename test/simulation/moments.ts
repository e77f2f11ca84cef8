import type { ChainOrder } from '../../bridge-service/src/chains/chain.ts'
import { type Escrow, escrowsOf } from '../../bridge-service/src/transfer/hold.ts'
import type { WireOrder } from './bank/bank.ts'
import type { Brought } from './chain/brought.ts'
import type { SimChain } from './chain/chain.ts'
import { mintPayer, treasury } from './chain/escrow.ts'
import { escrowIdOf, paymentIdOf } from './chain/ids.ts'
import type { Network } from './chain/networks.ts'
import type { EscrowMoment, MomentEvidence } from './evidence.ts'
import type { Tables } from './memory/tables.ts'
import { bankOf } from './routes/wanted.ts'

/** Takes down how the chains stood for a transfer whenever something is asked for it that was never asked before. */
export const watchMoments = (networks: ReadonlyMap<string, Network>, { transfers, by_ref }: Tables, nowMs: () => number) => {
  const moments: MomentEvidence[] = []

  const escrowsNow = (transfer: string): EscrowMoment[] => {
    const row = transfers.get(transfer)
    return row === undefined ? [] : escrowsOf(row.transfer).map(escrow => momentOf(networks.get(escrow.chain)!, escrow))
  }

  return {
    moments,
    ofBank: ({ key, externalId, description: transfer, direction, account: place }: WireOrder) => {
      const wish = externalId.startsWith('RF') ? 'payBack' : direction
      const target = bankOf(place)
      moments.push({ key, atMs: nowMs(), transfer, place, target, wish, escrows: escrowsNow(transfer) })
    },
    ofChain: (place: string, { key, action: wish, terms, deposit }: ChainOrder) => {
      const transfer = by_ref.get(terms.ref) ?? terms.ref
      moments.push({
        ...{ key, atMs: nowMs(), transfer, place, target: place, wish, role: deposit ? 'deposit' : 'hold' },
        escrows: escrowsNow(transfer),
      })
    },
  }
}

const momentOf = ({ chain, line }: Network, { role, chain: id, outline, terms }: Escrow): EscrowMoment => {
  const { ref } = outline
  const ids = role === 'deposit' && terms !== undefined ? [escrowIdOf(terms), paymentIdOf(terms)] : []
  const { escrows, brought } = chain.state()
  const escrow = [...escrows.values()].find(({ escrowId, terms: { ref: itsRef, payer } }) =>
    role === 'hold' ? itsRef === ref && [treasury, mintPayer].includes(payer) : ids.includes(escrowId),
  )
  const money = theOneOf([...brought.values()].filter(({ escrowId }) => ids.includes(escrowId)))
  const isOfIt = ({ escrowId, fact, also }: SimChain['blocks'][number]['events'][number]) =>
    money === undefined ? escrowId === escrow?.escrowId : fact === money.fact || also?.madeBy === money.fact
  const heightOf = (isMeant: (kind: string) => boolean) =>
    chain.blocks.findLast(({ events }) => events.some(event => isOfIt(event) && isMeant(event.kind)))?.height
  const lockHeight = heightOf(kind => kind === 'escrowLocked' || kind === 'depositReceived')
  const endHeight = heightOf(kind => kind !== 'escrowLocked' && (kind !== 'depositReceived' || money?.way === 'payment'))
  return {
    ...{ role, chain: id, lockMayCome: role === 'hold' && line.lockMayCome(ref) },
    status: money === undefined ? (escrow?.status ?? 'none') : statusOf[money.status],
    ...{ height: chain.height(), safeHeight: chain.safeHeight(), finalHeight: chain.finalHeight() },
    ...(lockHeight === undefined ? {} : { lockHeight }),
    ...(endHeight === undefined ? {} : { endHeight }),
  }
}

/** Of several of the same terms the one that was claimed, or could be. */
const theOneOf = (brought: readonly Brought[]): Brought | undefined =>
  brought.find(({ status }) => status === 'claimed') ?? brought.find(({ status }) => status === 'waiting') ?? brought[0]

const statusOf = {
  waiting: 'locked',
  claimed: 'committed',
  returned: 'refunded',
  takenBack: 'refunded',
  clawedBack: 'clawedBack',
} as const
