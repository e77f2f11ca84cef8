import { freezeTreasury } from '../local/freeze-treasury.ts'
import { type StellarParty, stellarParty } from '../local/stellar-party.ts'
import { endsAs, follow, must, post, type Scenario, type Stage } from './stage.ts'

const bridgeOf = ({ world }: Stage) => {
  if (!world.stellar) throw new Error('this world has no Stellar network')
  return world.stellar
}

const order = (stage: Stage, value: string, customer: StellarParty) => ({
  source: { type: 'bank_account', rail: 'ach', name: 'Ada Lovelace', accountNumber: '1234567890', routingNumber: '021000021' },
  destination: { type: 'chain_address', chain: bridgeOf(stage).chain, asset: 'USDC', address: customer.address },
  amount: { value, asset: 'USD' },
})

const customerOf = async (stage: Stage, { line }: { line: boolean }): Promise<StellarParty> => {
  const customer = stellarParty(bridgeOf(stage))
  await customer.open()
  if (line) await customer.trust('USDC')
  return customer
}

const arm = async (stage: Stage, fault: Record<string, unknown>): Promise<void> => {
  const response = await fetch(`${bridgeOf(stage).network.url}/local/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  })
  must(response.status === 201, `the network refused the fault: ${await response.text()}`)
}

/** How many holds a transfer ever had on the network, by its reference. */
const holdsOf = async (stage: Stage, id: string): Promise<number> => {
  const { horizon } = stellarParty(bridgeOf(stage))
  const { escrow } = await stage.api.transfer(id)
  const memo = Buffer.from(escrow.ref.slice(2), 'hex').toString('base64')
  const { treasury } = bridgeOf(stage).setup
  const { records } = await horizon.transactions().forAccount(treasury.publicKey()).order('desc').limit(200).call()
  const operations = await Promise.all(
    records.filter(record => record.memo === memo).map(({ hash }) => horizon.operations().forTransaction(hash).call()),
  )
  return operations.flatMap(page => page.records).filter(({ type }) => type === 'create_claimable_balance').length
}

export const stellarScenarios: readonly Scenario[] = [
  {
    letter: 'g',
    name: 'stellar_onramp_completes',
    title: 'Stellar: dollars debited, held in a claimable balance, paid to the customer',
    play: async stage => {
      const customer = await customerOf(stage, { line: true })
      const { id } = await post(stage, order(stage, '100.25', customer))
      await follow(stage, id)
      await endsAs(stage, id, 'completed')
      must((await customer.holds('USDC')) === '99.8900000', `the customer holds ${await customer.holds('USDC')}`)
    },
  },
  {
    letter: 'h',
    name: 'stellar_lock_fails_and_is_compensated',
    title: 'Stellar: the issuer freezes the treasury, the lock fails and the dollars come back',
    play: async stage => {
      const customer = await customerOf(stage, { line: true })
      await freezeTreasury(bridgeOf(stage), true)
      try {
        const { id } = await post(stage, order(stage, '75.00', customer))
        await follow(stage, id)
        const { failure } = await endsAs(stage, id, 'compensated')
        must(failure?.code === 'not_authorized', `it failed for another reason: ${failure?.code}`)
      } finally {
        await freezeTreasury(bridgeOf(stage), false)
      }
    },
  },
  {
    letter: 'i',
    name: 'stellar_submission_times_out',
    title: 'Stellar: the answer to the lock is lost: it is found by its hash, one hold',
    play: async stage => {
      const customer = await customerOf(stage, { line: true })
      await arm(stage, { kind: 'timeout_after', on: 'async', times: 1 })
      const { id } = await post(stage, order(stage, '42.42', customer))
      await follow(stage, id)
      await endsAs(stage, id, 'completed')
      const holds = await holdsOf(stage, id)
      must(holds === 1, `the network has seen ${holds} holds of ${id}`)
      stage.narrator.say(`          the network has seen ${holds} hold of ${id}`)
    },
  },
  {
    letter: 'j',
    name: 'stellar_customer_without_trustline',
    title: 'Stellar: a customer who cannot hold the token yet finds it waiting for him',
    play: async stage => {
      const customer = await customerOf(stage, { line: false })
      const { id } = await post(stage, order(stage, '64.00', customer))
      await follow(stage, id)
      await endsAs(stage, id, 'completed')
      const [delivery, ...more] = await customer.claimable()
      must(delivery !== undefined && more.length === 0, `${more.length + (delivery ? 1 : 0)} balances wait for the customer`)
      stage.narrator.say(`          ${delivery!.amount} USDC wait for ${customer.address.slice(0, 8)}…`)
      await customer.trust('USDC')
      await customer.claim(delivery!.id)
      must((await customer.holds('USDC')) === delivery!.amount, `the customer holds ${await customer.holds('USDC')}`)
    },
  },
]
