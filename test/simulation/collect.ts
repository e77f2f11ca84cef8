import type { ArrivalLine } from './bank/arrivals.ts'
import type { Bank } from './bank/bank.ts'
import type { BankLine } from './bank/rail.ts'
import type { BankStatement } from './bank/statement.ts'
import { mintPayer, treasury } from './chain/escrow.ts'
import type { Network } from './chain/networks.ts'
import type { Request } from './clients.ts'
import type { ChainEvidence, Evidence, MomentEvidence } from './evidence.ts'
import { operatorLimitMinor, type Paper } from './house/office.ts'
import type { Staff } from './house/staff.ts'
import type { Tables } from './memory/tables.ts'
import type { Pause } from './operators.ts'
import { bankOf, ownAccount, partner, partnerAccount, payableAs } from './routes/wanted.ts'
import type { Settings } from './settings.ts'

type World = {
  readonly seed: number
  readonly settings: Settings
  readonly openings: ReadonlyMap<string, bigint>
  readonly endMs: number
  readonly frozenMs: number
  readonly requests: readonly Request[]
  readonly bank: Bank
  readonly bankWay: BankLine
  readonly statement: BankStatement
  readonly moments: readonly MomentEvidence[]
  readonly pauses: readonly Pause[]
  readonly papers: readonly Paper[]
  readonly persons: Staff
  readonly arrivals: readonly ArrivalLine[]
  readonly networks: readonly Network[]
  readonly tables: object
  readonly inbox: Tables['inbox']
  readonly unrest: readonly string[]
}

/** Takes down what there is to see at the end of a world, as plain JSON. */
export const collect = (world: World): Evidence => {
  const {
    seed,
    settings,
    openings,
    endMs,
    frozenMs,
    requests,
    bank,
    bankWay,
    statement,
    moments,
    pauses,
    papers,
    persons,
    arrivals,
    networks,
    tables,
    inbox,
    unrest,
  } = world
  const evidence = {
    seed,
    world: {
      ...{ clearingMs: settings.clearingMs, endMs, skewMs: 60_000, frozenMs, pauses },
      ...{ returnableMs: settings.returnableMs, exposureLimit: settings.exposureLimit },
      keyRetentionMs: settings.keyRetentionMs,
      ownPayers: [treasury, mintPayer],
      ...{ treasury, partner, ownAccount, partnerAccount, operatorLimitMinor },
      ownAccounts: [...openings].map(([account, startMinor]) => ({ account, bank: bankOf(account), startMinor })),
    },
    house: {
      papers: papers.map(({ asked: { type, transferId, payload }, ...paper }) => ({
        ...paper,
        type,
        transfer: transferId,
        payload,
      })),
      ...{ refunds: persons.refunds, byHand: persons.byHand, repayments: persons.repayments },
      rebalances: persons.rebalances.map(each => ({ ...each, paysTo: payableAs.get(each.to) })),
    },
    requests: requests.map(({ told, ...request }) => ({ ...request, told: [...told] })),
    bank: {
      asked: bank.asked.map(({ key, body, atMs, wantedBy }) => ({ key, body, atMs, wantedBy })),
      silentKeys: bank.asked.filter(({ order }) => bankWay.isSilent(order.externalId)).map(({ key }) => key),
      refusedKeys: bank.asked.filter(({ order }) => bankWay.wasRefused(order.externalId)).map(({ key }) => key),
      orders: bank.orders,
      statement: statement.accounts.flatMap(account => statement.lines(account)),
      arrivals: arrivals.map(({ order, account, amountMinor }) => ({ orderId: order.id, account, amountMinor })),
      lines: bank.lines.map(({ order, amountMinor }) => ({ orderId: order.id, amountMinor })),
    },
    chains: networks.map(network => booksOf(network, inbox)),
    ...{ moments, tables, unrest },
  }
  return JSON.parse(JSON.stringify(evidence, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)))
}

const booksOf = (network: Network, inbox: Tables['inbox']) => {
  const { settings, treasuryStartMinor, chain, line, tables: read } = network
  const { id, flavour, finality } = settings
  const { escrows, brought, addresses, treasuryMinor, mintedMinor } = chain.state()
  const lost = chain.lost()
  return {
    ...{ id, flavour, finality, treasuryStartMinor, treasuryMinor, mintedMinor, sent: line.sent },
    ...{ conflicts: line.conflicts, unasked: line.unasked },
    undone: chain.undone.map(each => ({ ...each, isBack: !lost.includes(each) })),
    halts: read.halts.map(({ reason, fromMs, untilMs, by }) => ({ reason, fromMs, untilMs: untilMs ?? null, by: by ?? null })),
    facts: chain.blocks.flatMap(({ events }) => events.map(({ fact }) => fact)),
    indexed: [...read.events.keys()],
    told: [...inbox.values()].flatMap(({ source, fact, payload }) =>
      source === id && payload.status === 'included' ? [fact] : [],
    ),
    escrows: [...escrows.values()],
    brought: [...brought.values()],
    addresses: [...addresses.values()].map(({ address, terms, tokens }) => ({
      ...{ address, terms },
      tokens: [...tokens].map(([token, lying]) => ({ token, ...lying })),
    })),
    hadReorgs: chain.reorgs.length > 0,
    done: chain.blocks.flatMap(({ mined }) =>
      mined.flatMap(({ tx, refusal }) =>
        refusal === undefined ? [{ hash: tx.hash, escrowId: tx.escrowId, action: tx.action, brought: tx.brought }] : [],
      ),
    ),
  } satisfies Record<keyof ChainEvidence, unknown>
}
