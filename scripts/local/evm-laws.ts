import type pg from 'pg'
import { createPublicClient, erc20Abi, http } from 'viem'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import type { EscrowLeg } from './escrow-legs.ts'
import type { Finding } from './finding.ts'
import type { World } from './world.ts'

/** What must hold between an EVM chain's own books and ours, once all is at rest. It asks the node and the database, and uses nothing of the service. */
export const evmLaws = async (
  world: Pick<World, 'evm' | 'contracts' | 'settlementToken' | 'chain'>,
  legs: readonly EscrowLeg[],
  database: pg.Pool,
  posted: (account: string) => Promise<bigint>,
): Promise<Finding[]> => {
  const node = createPublicClient({ transport: http(world.evm.url), cacheTime: 0 })
  const logs = (
    await node.getContractEvents({
      ...{ address: world.contracts.escrow, abi: escrowAbi },
      ...{ fromBlock: BigInt(world.contracts.startBlock), strict: true },
    })
  ).filter(log => 'ref' in log.args)
  type Log = (typeof logs)[number]
  const argsOf = (log: Log) => log.args as { id: string; ref: string; amount: bigint; payer: string }

  const byId = Map.groupBy(logs, log => argsOf(log).id)
  const count = (all: readonly Log[], name: string) => all.filter(log => log.eventName === name).length
  const twice = [...byId].flatMap(([id, all]) => {
    const [locked, released, refunded] = [count(all, 'Locked'), count(all, 'Released'), count(all, 'Refunded')]
    return locked === 1 && released + refunded <= 1 ? [] : [`${id}: ${locked} locks, ${released} releases, ${refunded} refunds`]
  })

  const locksByRef = Map.groupBy(
    logs.filter(log => log.eventName === 'Locked'),
    log => argsOf(log).ref,
  )
  const ours = legs
    .filter(leg => leg.chain === world.chain)
    .map(leg => {
      // A customer may lock other terms under the same ref: those are stray, and no escrow of the transfer's.
      const agreed = (locksByRef.get(leg.ref) ?? []).filter(
        log => argsOf(log).amount === BigInt(leg.minor) && argsOf(log).payer.toLowerCase() === leg.payer.toLowerCase(),
      )
      return { ...leg, agreed }
    })
  const ended = ours.flatMap(({ id, state, kind, agreed }) => {
    if (agreed.length > 1) return [`${id} has ${agreed.length} escrows`]
    const escrow = agreed[0] && byId.get(argsOf(agreed[0]).id)!
    const [released, refunded] = escrow ? [count(escrow, 'Released'), count(escrow, 'Refunded')] : [0, 0]
    const found = `${id} is ${state}, its ${kind} has ${released} releases and ${refunded} refunds`
    if (state === 'completed') return released === 1 ? [] : [found]
    return ['compensated', 'failed', 'canceled'].includes(state) && released > 0 ? [found] : []
  })
  const early = ours.flatMap(({ id, agreed: [lock], confirmations }) => {
    if (lock === undefined) return []
    return byId
      .get(argsOf(lock).id)!
      .filter(({ eventName }) => eventName === 'Committed' || eventName === 'Released')
      .filter(({ blockNumber }) => blockNumber < lock.blockNumber + BigInt(confirmations))
      .map(({ eventName, blockNumber }) => `${id}: ${eventName} in block ${blockNumber}, its lock is in ${lock.blockNumber}`)
  })

  const { rows: strays } = await database.query<{ currency: string; units: string }>(
    `select currency, sum(units) as units from stray_deposits
      where chain = $1 and state not in ('returned', 'gone') and address_terms is null group by 1`,
    [world.chain],
  )
  const tokens = { USDC: world.contracts.token, EURC: world.settlementToken }
  const totals = await Promise.all(
    Object.entries(tokens).map(async ([currency, token]) => ({
      currency,
      onChain: await node.readContract({
        ...{ address: world.contracts.escrow, abi: escrowAbi },
        ...{ functionName: 'totalLocked', args: [token] },
      }),
      held: await node.readContract({
        ...{ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [world.contracts.escrow] },
      }),
      inTreasury: await node.readContract({
        ...{ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [world.contracts.treasury.address] },
      }),
      inLedger: await posted(`escrow:${world.chain}:${currency}`),
      booked: await posted(`treasury:${world.chain}:${currency}`),
      stray: BigInt(strays.find(row => row.currency === currency)?.units ?? 0),
    })),
  )
  const supply = await node.readContract({ address: world.settlementToken, abi: erc20Abi, functionName: 'totalSupply' })
  const issued = -(await posted(`issued:${world.chain}:EURC`))
  return [
    { name: 'an escrow ends once', problems: twice, fine: `${byId.size} escrows, none both released and refunded` },
    {
      name: 'one escrow per transfer and chain',
      problems: ended,
      fine: `${ours.length} holds and deposits, released where the transfer is completed and nowhere else`,
    },
    {
      name: 'escrow total is the open escrows',
      problems: totals
        .filter(({ onChain, held, inLedger, stray }) => onChain !== inLedger + stray || held < onChain)
        .map(
          ({ currency, onChain, held, inLedger, stray }) =>
            `${currency}: chain ${onChain}, ledger ${inLedger}, stray ${stray}, the contract holds ${held}`,
        ),
      fine: `${totals.map(({ currency, onChain }) => `${onChain} ${currency}`).join(' and ')} on chain and in the ledger`,
    },
    {
      name: 'treasury tokens are in the ledger',
      problems: totals
        .filter(({ inTreasury, booked }) => inTreasury !== booked)
        .map(({ currency, inTreasury, booked }) => `${currency}: the treasury has ${inTreasury}, our ledger ${booked}`),
      fine: totals.map(({ currency, inTreasury }) => `${inTreasury} ${currency}`).join(' and '),
    },
    {
      name: 'issued tokens are the supply',
      problems: supply === issued ? [] : [`supply ${supply}, issued in the ledger ${issued}`],
      fine: `${supply} EURC on chain and owed in the ledger`,
    },
    {
      name: 'no commit or release before finality',
      problems: early,
      fine: 'every one stands far enough above its lock, on the canonical chain',
    },
  ]
}
