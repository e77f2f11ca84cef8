import { type TransferId, typeId } from '../../bridge-service/src/transfer/id.ts'
import { currentDefinition } from '../../bridge-service/src/transfer/state.ts'
import type { Unborn } from '../../bridge-service/src/transfer/transfer.ts'
import type { Random } from '../../scripts/fuzz/reorg/random.ts'
import { crosschain } from './routes/crosschain.ts'
import { offramp } from './routes/offramp.ts'
import { onramp } from './routes/onramp.ts'
import { remittance } from './routes/remittance.ts'
import type { Amounts, RouteName, TermsRequest, Wanted } from './routes/wanted.ts'
import type { ChainSettings, Flavour, Settings } from './settings.ts'

const routes = { onramp, offramp, remittance, crosschain } as const

/** Where which route is travelled, as often as it stands here. */
const travelled: Readonly<Record<Flavour, readonly RouteName[]>> = {
  evm: ['onramp', 'offramp', 'remittance'],
  stellar: ['onramp', 'offramp', 'remittance'],
}

/** From which kind of chain to which other kind customers may send, where a world has two. */
const crossed: Readonly<Record<Flavour, readonly Flavour[]>> = { evm: ['evm', 'stellar'], stellar: ['evm'] }

export const drawWanted = (random: Random, reference: string, customer: string, { chains }: Settings): Wanted => {
  const chain = random.pick(chains)
  const into = chains.find(other => other !== chain && crossed[chain.flavour].includes(other.flavour))
  const route = random.pick<RouteName>([...travelled[chain.flavour], ...(into ? (['crosschain', 'crosschain'] as const) : [])])
  return {
    ...{ reference, route, customer, account: `acc-${reference}`, address: random.hex(20), chain: chain.id },
    ...(route === 'crosschain' && into ? { into: into.id } : {}),
    ...(chain.hasAddresses && (route === 'crosschain' || route === 'offramp') && random.chance(0.5)
      ? { depositBy: 'transfer' as const }
      : {}),
    ...amountsOf(route, BigInt(random.between(100, 9_000)) * 10n),
  }
}

export const amountsOf = (route: RouteName, cents: bigint): Amounts => routes[route].amountsOf(cents)

/** A request as the API makes a transfer of it: another id and another ref each time that it is posted. */
export const unbornOf = (asked: Omit<TermsRequest, 'chain' | 'into'>): Unborn => {
  const { wanted, settings, random } = asked
  const named = (id: string | undefined): ChainSettings => settings.chains.find(chain => chain.id === id) ?? settings.chains[0]
  const request: TermsRequest = { ...asked, chain: named(wanted.chain), into: named(wanted.into) }
  const common = {
    id: typeId<TransferId>('tr', random.hex(16).slice(2)),
    tenant: 'acme',
    definition: currentDefinition,
    state: 'none',
    version: 0,
    progress: { attempts: { release: 0, refund: 0 } },
  } as const
  switch (wanted.route) {
    case 'onramp':
      return { ...common, route: 'onramp', terms: onramp.termsOf(request) }
    case 'offramp':
      return { ...common, route: 'offramp', terms: offramp.termsOf(request) }
    case 'remittance':
      return { ...common, route: 'remittance', terms: remittance.termsOf(request) }
    case 'crosschain':
      return { ...common, route: 'crosschain', terms: crosschain.termsOf(request) }
  }
}
