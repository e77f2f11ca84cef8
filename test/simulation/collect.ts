import type { Bank } from './bank.ts'
import type { BankLine } from './bank-rail.ts'
import type { SimChain } from './chain.ts'
import type { ChainLine } from './chain-port.ts'
import type { Request } from './clients.ts'
import { mintPayer, treasury } from './escrow.ts'
import type { Evidence, MomentEvidence } from './evidence.ts'
import { ownAccount, partner, partnerAccount } from './routes/wanted.ts'
import type { Settings } from './settings.ts'

type World = {
  readonly seed: number
  readonly settings: Settings
  readonly chainId: string
  readonly treasuryStartMinor: bigint
  readonly endMs: number
  readonly requests: readonly Request[]
  readonly bank: Bank
  readonly bankWay: BankLine
  readonly moments: readonly MomentEvidence[]
  readonly chain: SimChain
  readonly line: ChainLine
  readonly tables: object
  readonly unrest: readonly string[]
}

/** Takes down what there is to see at the end of a world, as plain JSON. */
export const collect = (world: World): Evidence => {
  const { seed, settings, chainId, treasuryStartMinor, endMs, requests, bank, bankWay, moments, chain, line, tables, unrest } =
    world
  const { flavour, finality, clearingMs } = settings
  const state = chain.state()
  const evidence = {
    seed,
    world: {
      ...{ flavour, finality, clearingMs, chain: chainId, treasuryStartMinor, endMs, skewMs: 60_000 },
      keyRetentionMs: settings.keyRetentionMs,
      ownPayers: [treasury, mintPayer],
      ...{ treasury, partner, ownAccount, partnerAccount },
    },
    requests: requests.map(({ told, ...request }) => ({ ...request, told: [...told] })),
    bank: {
      asked: bank.asked.map(({ key, body, atMs }) => ({ key, body, atMs })),
      moments,
      silentKeys: bank.asked.filter(({ order }) => bankWay.isSilent(order.externalId)).map(({ key }) => key),
      orders: bank.orders,
      lines: bank.lines.map(({ order, amountMinor }) => ({ orderId: order.id, amountMinor })),
    },
    chain: {
      asked: line.asked(),
      sent: line.sent,
      conflicts: line.conflicts,
      escrows: [...state.escrows.values()],
      done: chain.blocks.flatMap(({ mined }) =>
        mined.flatMap(({ tx, refusal }) => (refusal === undefined ? [{ escrowId: tx.escrowId, action: tx.action }] : [])),
      ),
      treasuryMinor: state.treasuryMinor,
      mintedMinor: state.mintedMinor,
    },
    tables,
    unrest,
  }
  return JSON.parse(JSON.stringify(evidence, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))
}
