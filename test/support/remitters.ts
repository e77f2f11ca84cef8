import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Scenario } from './scenario.ts'

const euros = { type: 'bank_account', rail: 'sepa_inst', name: 'Grace Hopper', accountNumber: 'DE89370400440532013000' }
const dollars = {
  ...{ type: 'bank_account', rail: 'wire', name: 'Ada Lovelace' },
  ...{ accountNumber: '1234567890', routingNumber: '021000021' },
}

/** Two people who send fiat to each other: Grace euros, and Ada dollars. */
export const remitters = ({ api, bankTransfersOf }: Pick<Scenario, 'api' | 'bankTransfersOf'>) => {
  const post = async (source: object, destination: object, amount: object): Promise<string> => {
    const body = { source, destination, amount }
    const answer = await api.call<{ id: string }>('POST', '/v1/transfers', { key: randomUUID(), body })
    expect(answer.status, JSON.stringify(answer.body)).toBe(202)
    return answer.body.id
  }
  return {
    eurosToDollars: (value = '100.25') => post(euros, { ...dollars, asset: 'USD' }, { value, asset: 'EUR' }),
    dollarsToEuros: (value = '100.25') => post(dollars, { ...euros, asset: 'EUR' }, { value, asset: 'USD' }),
    /** What the bank did for a transfer. */
    ordersOf: async (id: string) => (await bankTransfersOf(id)).map(({ direction, status }) => `${direction} ${status}`).sort(),
  }
}
