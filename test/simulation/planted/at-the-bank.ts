import { done, refused } from '../../../bridge-service/src/outcome.ts'
import type { Rail, RailFact } from '../../../bridge-service/src/rails/rail.ts'
import type { ClaimedFact } from '../../../bridge-service/src/saga/facts.ts'
import { changeFacts, changeMatched } from './change-store.ts'
import type { Planted } from './planted.ts'

const rail = (name: string, change: (rail: Rail) => Partial<Rail>): Planted => ({
  name,
  plant: ports => ({ ...ports, rail: { ...ports.rail, ...change(ports.rail) } }),
})

export const plantedAtTheBank: readonly Planted[] = [
  rail('the key has the number of the attempt in it', bank => {
    let attempt = 0
    return { submit: order => bank.submit({ ...order, key: `${order.key}-${attempt++}` }) }
  }),
  rail('an order is sent again under a new key when nobody knows what became of it', bank => ({
    submit: async order => {
      const outcome = await bank.submit(order)
      return outcome.kind === 'unknown' ? bank.submit({ ...order, key: `${order.key}-again` }) : outcome
    },
  })),
  {
    name: 'a time-out is taken for a refusal, and a refusal for the last word',
    plant: (ports, { memory }) => ({
      ...ports,
      rail: {
        ...ports.rail,
        submit: async order => {
          const outcome = await ports.rail.submit(order)
          return outcome.kind === 'unknown' ? refused('timeout', outcome.detail) : outcome
        },
      },
      store: changeFacts(ports.store, claimed => {
        const isOver = ({ transferId }: ClaimedFact) =>
          memory.database.tables.transfers.get(transferId)?.transfer.state === 'failed'
        return {
          ...claimed,
          matched: claimed.matched.filter(fact => !isOver(fact)),
          unmatched: [...claimed.unmatched, ...claimed.matched.filter(isOver)],
        }
      }),
    }),
  },
  rail('an order that was taken counts as settled', bank => ({
    submit: async order => {
      const outcome = await bank.submit(order)
      return outcome.kind === 'done' && outcome.value.status === 'submitted'
        ? done({ ...outcome.value, status: 'settled' as const })
        : outcome
    },
  })),
  rail('an order that is sent again has another text', bank => {
    let count = 0
    return { submit: order => bank.submit({ ...order, description: count++ > 3 ? order.description : `${order.description} ` }) }
  }),
  rail('a credit pays the fee back, too', bank => ({
    submit: order =>
      bank.submit(order.direction === 'credit' ? { ...order, amountMinor: (BigInt(order.amountMinor) + 25n).toString() } : order),
  })),
  rail('webhooks are believed without their signature', () => ({
    verifyWebhook: (headers, body) => {
      const { type, timestamp, data } = JSON.parse(body)
      const fact: RailFact = {
        type: type.slice('transfer.'.length),
        bankTransferId: data.id,
        externalId: data.externalId,
        at: timestamp,
        ...(data.returnCode === undefined ? {} : { rawCode: data.returnCode }),
      }
      return { id: headers['webhook-id']!, fact }
    },
  })),
  {
    name: 'the return of a payment stands, though the bank takes it back',
    shownBy: ['bank: takes the return of a credit back'],
    plant: ports => ({
      ...ports,
      // Nobody asks us for what we have paid, so it means nothing.
      store: changeMatched(ports.store, fact => {
        const { input } = fact
        const isMeant = input.type === 'railFact' && input.step !== 'debitFiat' && input.fact.type === 'returnReversed'
        return isMeant ? { ...fact, input: { ...input, fact: { ...input.fact, type: 'recalled' } } } : fact
      }),
    }),
  },
  {
    name: 'what the bank does not find was never sent, however long ago',
    plant: ports => ({ ...ports, keyRetentionMs: Number.POSITIVE_INFINITY }),
  },
  {
    name: 'nobody looks at the deny list',
    plant: ports => ({ ...ports, screening: { check: async () => done({ list: 'none' }) } }),
  },
]
