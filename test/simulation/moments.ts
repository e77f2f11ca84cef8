import type { ChainOrder } from '../../bridge-service/src/chains/chain.ts'
import { type Escrow, escrowsOf } from '../../bridge-service/src/transfer/hold.ts'
import type { WireOrder } from './bank.ts'
import { mintPayer, treasury } from './escrow.ts'
import type { EscrowMoment, MomentEvidence } from './evidence.ts'
import type { Tables } from './memory/tables.ts'
import type { Network } from './networks.ts'

/** Takes down how the chains stood for a transfer whenever something is asked for it that was never asked before. */
export const watchMoments = (networks: ReadonlyMap<string, Network>, { transfers, by_ref }: Tables, nowMs: () => number) => {
  const moments: MomentEvidence[] = []

  const escrowsNow = (transfer: string): EscrowMoment[] => {
    const row = transfers.get(transfer)
    return row === undefined ? [] : escrowsOf(row.transfer).map(escrow => momentOf(networks.get(escrow.chain)!, escrow))
  }

  return {
    moments,
    ofBank: ({ key, description: transfer, direction: wish, account: place }: WireOrder) => {
      moments.push({ key, atMs: nowMs(), transfer, place, wish, escrows: escrowsNow(transfer) })
    },
    ofChain: (place: string, { key, action: wish, terms, deposit }: ChainOrder) => {
      const transfer = by_ref.get(terms.ref) ?? terms.ref
      moments.push({
        ...{ key, atMs: nowMs(), transfer, place, wish, role: deposit ? 'deposit' : 'hold' },
        escrows: escrowsNow(transfer),
      })
    },
  }
}

const momentOf = ({ chain, line }: Network, { role, chain: id, outline, terms }: Escrow): EscrowMoment => {
  const { ref } = outline
  const found = [...chain.state().escrows.values()].find(escrow =>
    role === 'hold'
      ? escrow.terms.ref === ref && (escrow.terms.payer === treasury || escrow.terms.payer === mintPayer)
      : terms !== undefined && escrow.escrowId === line.escrowIdOf(terms),
  )
  const heightOf = (isMeant: (kind: string) => boolean) =>
    found &&
    chain.blocks.findLast(({ events }) => events.some(({ kind, escrowId }) => escrowId === found.escrowId && isMeant(kind)))
      ?.height
  const lockHeight = heightOf(kind => kind === 'escrowLocked')
  const endHeight = heightOf(kind => kind !== 'escrowLocked')
  return {
    ...{ role, chain: id, status: found?.status ?? 'none', lockMayCome: role === 'hold' && line.lockMayCome(ref) },
    ...{ height: chain.height(), safeHeight: chain.safeHeight(), finalHeight: chain.finalHeight() },
    ...(lockHeight === undefined ? {} : { lockHeight }),
    ...(endHeight === undefined ? {} : { endHeight }),
  }
}
