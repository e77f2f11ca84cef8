import { depositInstructions, lockDeposit, payDeposit, signDeposit } from '../local/depositor.ts'
import { evmAccount } from '../local/evm-accounts.ts'
import { evmParty } from '../local/evm-party.ts'
import { stellarParty } from '../local/stellar-party.ts'
import { endsAs, follow, must, post, type Scenario, type Stage } from './stage.ts'

const bridgeOf = ({ world }: Stage) => {
  if (!world.stellar) throw new Error('this world has no Stellar network')
  return world.stellar
}
const dollars = {
  ...{ type: 'bank_account', rail: 'wire', name: 'Ada Lovelace', accountNumber: '1234567890', routingNumber: '021000021' },
  asset: 'USD',
}
const amount = { value: '100.25', asset: 'USDC' }

const onEvm = async (stage: Stage) => {
  const party = evmParty(stage.world, evmAccount(5))
  await party.fund(100_250_000n)
  return { party, leg: { type: 'chain_address', chain: stage.world.chain, address: party.address } }
}
const onStellar = async (stage: Stage, units?: string) => {
  const bridge = bridgeOf(stage)
  const party = stellarParty(bridge)
  await party.open()
  await party.trust('USDC')
  if (units !== undefined) await party.fund('USDC', units)
  return { party, leg: { type: 'chain_address', chain: bridge.chain, address: party.address } }
}

/** Follows the transfer, and brings its deposit as soon as it is waited for. */
const followAndBring = async (stage: Stage, id: string, what: string, bring: () => Promise<void>) => {
  await follow(stage, id, async ({ type }) => {
    if (type !== 'liquidityReserved') return
    stage.narrator.say(`          ${what}`)
    await bring()
  })
}

/** What begins with stablecoins that a customer brings himself. */
export const depositScenarios: readonly Scenario[] = [
  {
    letter: 'm',
    name: 'offramp_completes',
    title: 'An off-ramp without gas: the customer signs, the deposit is locked, committed and final, dollars arrive at his bank',
    play: async stage => {
      const { party, leg } = await onEvm(stage)
      const held = await party.holds()
      const { id } = await post(stage, { source: leg, destination: dollars, amount })
      await followAndBring(stage, id, 'the customer signs an ERC-3009 authorization', () => signDeposit(stage.api, party, id))
      await endsAs(stage, id, 'completed')
      must(held - (await party.holds()) === 100_250_000n, `the customer holds ${await party.holds()}, it was ${held}`)
    },
  },
  {
    letter: 'n',
    name: 'crosschain_completes',
    title: 'EVM to Stellar: an escrow on the one chain, a claimable balance on the other, both end or neither',
    play: async stage => {
      const [{ party, leg }, to] = await Promise.all([onEvm(stage), onStellar(stage)])
      const { id } = await post(stage, { source: leg, destination: { ...to.leg, asset: 'USDC' }, amount })
      await followAndBring(stage, id, 'the customer locks his tokens in the escrow', async () =>
        lockDeposit(party, await depositInstructions(stage.api, id, 'evm')),
      )
      await endsAs(stage, id, 'completed')
      must((await to.party.holds('USDC')) === '99.8997500', `the customer holds ${await to.party.holds('USDC')}`)
    },
  },
  {
    letter: 'o',
    name: 'wrong_deposit_goes_back',
    title: 'Stellar off-ramp: a payment of the wrong amount goes back whole, the right one is paid out',
    play: async stage => {
      const { party, leg } = await onStellar(stage, '150')
      const { id } = await post(stage, { source: leg, destination: dollars, amount })
      await followAndBring(stage, id, 'the customer pays 20 too little, then what was agreed', async () => {
        const instructions = await depositInstructions(stage.api, id, 'stellar')
        await payDeposit(party, instructions, '80.25')
        await comesBack(stage, id)
        await payDeposit(party, instructions)
      })
      await endsAs(stage, id, 'completed')
      must((await party.holds('USDC')) === '49.7500000', `the customer holds ${await party.holds('USDC')}`)
    },
  },
]

const comesBack = async ({ api, narrator }: Stage, id: string): Promise<void> => {
  const deadlineMs = performance.now() + 20_000
  for (;;) {
    const { body } = await api.call<{ data: { transferId: string; reason: string }[] }>('GET', '/v1/deposits?state=returned')
    const stray = body.data.find(({ transferId }) => transferId === id)
    if (stray) return narrator.say(`          the wrong deposit has gone back: ${stray.reason}`)
    must(performance.now() < deadlineMs, 'the wrong deposit has not gone back within 20 s')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
