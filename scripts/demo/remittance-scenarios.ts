import { endsAs, follow, must, post, type Scenario, type Stage } from './stage.ts'

const euros = { type: 'bank_account', rail: 'sepa_inst', name: 'Grace Hopper', accountNumber: 'DE89370400440532013000' }
const dollars = {
  type: 'bank_account',
  rail: 'wire',
  name: 'Ada Lovelace',
  accountNumber: '1234567890',
  routingNumber: '021000021',
}

const eurosToDollars = (value: string) => ({
  source: euros,
  destination: { ...dollars, asset: 'USD' },
  amount: { value, asset: 'EUR' },
})

const ordersOf = async ({ world }: Stage, id: string): Promise<string[]> => {
  const { data } = (await (await fetch(`${world.bank.url}/admin/transfers`)).json()) as {
    data: { description?: string; direction: string; status: string }[]
  }
  return data.filter(each => each.description === id).map(({ direction, status }) => `${direction} ${status}`)
}

/** Fiat to fiat, over a hold on the EVM chain that the payout partner is paid with. */
export const remittanceScenarios: readonly Scenario[] = [
  {
    letter: 'k',
    name: 'remittance_completes',
    title: 'Euros debited, a hold committed, dollars paid out, and the partner paid with the hold',
    play: async stage => {
      const { id } = await post(stage, eurosToDollars('100.25'))
      const events = await follow(stage, id)
      await endsAs(stage, id, 'completed')
      const types = events.map(event => event.type)
      must(
        types.indexOf('commitFinalized') < types.indexOf('payoutSettled') &&
          types.indexOf('payoutSettled') < types.indexOf('escrowReleased'),
        'the partner was paid before he paid out, or he paid out before the commit was final',
      )
    },
  },
  {
    letter: 'l',
    name: 'payout_refused_and_compensated',
    title: 'The payout is refused: the hold goes back to the treasury, and the euros to their owner',
    play: async stage => {
      const response = await fetch(`${stage.world.bank.url}/admin/faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'reject', match: { direction: 'credit', rail: 'wire' }, code: 'AC04', times: 1 }),
      })
      must(response.status === 201, `the bank refused the fault: ${await response.text()}`)
      const { id } = await post(stage, eurosToDollars('42.00'))
      await follow(stage, id)
      await endsAs(stage, id, 'compensated')
      const orders = await ordersOf(stage, id)
      must(orders.join() === 'debit settled,credit rejected,credit settled', `the bank has ${orders.join(', ')}`)
    },
  },
]
