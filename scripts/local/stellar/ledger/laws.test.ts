import { Asset, Claimant, type Keypair, Operation, type xdr } from '@stellar/stellar-sdk/base'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { totalCoins } from '../genesis.ts'
import type { JournalRecord } from '../journal.ts'
import { openStellarNetwork, type StellarNetwork } from '../network.ts'
import { genesisTime, openWorld, passphrase } from '../testing/world.ts'
import { native } from './asset.ts'
import type { Entry } from './entry.ts'
import { reservesOf } from './reserve.ts'

const names = ['issuer', 'anna', 'bert', 'cleo'] as const
type Name = (typeof names)[number]

const name = fc.constantFrom(...names)
const amount = fc.constantFrom('0.0000001', '1', '3', '20')

const holder = fc.constantFrom('anna', 'bert', 'cleo')
const issuer = fc.constant('issuer' as const)

/** Operations that succeed about as often as they do not. */
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('trust' as const), by: holder, limit: fc.constantFrom('0', '5', '1000') }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pay' as const), by: name, to: name, amount, native: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('lock' as const), by: name, to: name, other: name, amount, native: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), by: name, index: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clawbackBalance' as const), by: issuer, index: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clawback' as const), by: issuer, to: holder, amount }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('note' as const), by: name, key: fc.constantFrom('a', 'b'), keep: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('signer' as const),
      by: fc.constantFrom('bert', 'cleo'),
      to: fc.constantFrom('anna', 'issuer'),
      weight: fc.nat(1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flags' as const), by: issuer, set: fc.constantFrom(2, 10) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('revoke' as const),
      by: name,
      of: name,
      what: fc.constantFrom('line', 'note', 'account', 'signer', 'balance'),
      index: fc.nat(2),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const), by: fc.constant('cleo' as const), to: holder }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** A step or two in one transaction, perhaps under somebody's wing: his who acts first. */
const bundle = fc.record({
  payer: fc.constantFrom('anna', 'bert'),
  wing: fc.option(name),
  steps: fc.array(step, { minLength: 1, maxLength: 2 }),
})

it('keeps its books through whatever is done: lumens, subentries, sponsorships, limits, and the way back to the same hash', () => {
  fc.assert(
    fc.property(fc.array(bundle, { minLength: 30, maxLength: 40 }), bundles => {
      const journal: JournalRecord[] = []
      const world = openWorld({ onRecord: record => journal.push(record) })
      const people = Object.fromEntries(names.map(one => [one, world.person(one, '30')])) as Record<Name, Keypair>
      const { network } = world
      for (const { payer, wing, steps } of bundles) {
        const [{ by: sponsored }] = steps as [Step]
        const winged = wing !== null && wing !== sponsored
        const inside = steps.map(one => operation(one, people, network))
        const operations = winged
          ? [
              Operation.beginSponsoringFutureReserves({
                sponsoredId: people[sponsored].publicKey(),
                source: people[wing].publicKey(),
              }),
              ...inside,
              Operation.endSponsoringFutureReserves({ source: people[sponsored].publicKey() }),
            ]
          : inside
        const involved = new Set<Name>([payer, ...steps.map(({ by }) => by), ...(winged ? [wing] : [])])
        world.run({ source: people[payer], operations, signers: [...involved].map(one => people[one]) })
        keepsLaws(network)
      }
      const again = openStellarNetwork({ passphrase, genesisTime, journal })
      expect(again.last().hash).toBe(network.last().hash)
    }),
    { numRuns: 8 },
  )
})

const operation = (one: Step, people: Record<Name, Keypair>, network: StellarNetwork): xdr.Operation => {
  const source = people[one.by].publicKey()
  const euro = new Asset('EUR', people.issuer.publicKey())
  const id = (who: Name) => people[who].publicKey()
  const balanceId = (index: number) => `00000000${network.state.claimableBalances()[index]?.id ?? '00'.repeat(32)}`
  switch (one.do) {
    case 'trust':
      return Operation.changeTrust({ asset: euro, limit: one.limit, source })
    case 'pay':
      return Operation.payment({ destination: id(one.to), asset: one.native ? Asset.native() : euro, amount: one.amount, source })
    case 'lock': {
      const claimants = [...new Set([one.to, one.other])].map(who => new Claimant(id(who)))
      return Operation.createClaimableBalance({
        asset: one.native ? Asset.native() : euro,
        amount: one.amount,
        claimants,
        source,
      })
    }
    case 'claim':
      return Operation.claimClaimableBalance({ balanceId: balanceId(one.index), source })
    case 'clawbackBalance':
      return Operation.clawbackClaimableBalance({ balanceId: balanceId(one.index), source })
    case 'clawback':
      return Operation.clawback({ asset: euro, from: id(one.to), amount: one.amount, source })
    case 'note':
      return Operation.manageData({ name: one.key, value: one.keep ? 'x' : null, source })
    case 'signer':
      // Weight zero for the levels: the master key goes on being enough.
      return Operation.setOptions({ signer: { ed25519PublicKey: id(one.to), weight: one.weight }, source })
    case 'flags':
      return Operation.setOptions({ setFlags: one.set as never, source })
    case 'merge':
      return Operation.accountMerge({ destination: id(one.to), source })
    case 'revoke':
      return revoke(one.what, id(one.of), { euro, signer: id('anna'), balanceId: balanceId(one.index), source })
  }
}

const revoke = (
  what: string,
  account: string,
  { euro, signer, balanceId, source }: { euro: Asset; signer: string; balanceId: string; source: string },
) => {
  switch (what) {
    case 'line':
      return Operation.revokeTrustlineSponsorship({ account, asset: euro, source })
    case 'note':
      return Operation.revokeDataSponsorship({ account, name: 'a', source })
    case 'account':
      return Operation.revokeAccountSponsorship({ account, source })
    case 'signer':
      return Operation.revokeSignerSponsorship({ account, signer: { ed25519PublicKey: signer }, source })
    default:
      return Operation.revokeClaimableBalanceSponsorship({ balanceId, source })
  }
}

const keepsLaws = ({ state, last }: StellarNetwork) => {
  const accounts = state.accounts()
  const owned = accounts.flatMap(({ id }) => [...state.trustlines(id), ...state.allData(id)])
  const entries: Entry[] = [...accounts, ...owned, ...state.claimableBalances()]
  const sum = (amounts: bigint[]) => amounts.reduce((total, next) => total + next, 0n)
  const locked = state.claimableBalances().filter(({ asset }) => asset === native)
  expect(sum(accounts.map(({ balance }) => balance)) + sum(locked.map(balance => balance.amount)) + last().feePool).toBe(
    totalCoins,
  )
  for (const { balance, limit } of owned.filter(entry => entry.kind === 'trustline')) {
    expect(balance >= 0n && balance <= limit).toBe(true)
  }
  const count = (some: Entry[]) => some.reduce((total, entry) => total + reservesOf(entry), 0)
  for (const account of accounts) {
    const own = owned.filter(entry => 'account' in entry && entry.account === account.id)
    const borneSigners = account.signers.filter(({ sponsor }) => sponsor !== null).length
    const borneFor = accounts.flatMap(({ signers }) => signers).filter(({ sponsor }) => sponsor === account.id).length
    expect(account.subentries).toBe(own.length + account.signers.length)
    expect(account.sponsored).toBe(count([...own, account].filter(({ sponsor }) => sponsor !== null)) + borneSigners)
    expect(account.sponsoring).toBe(count(entries.filter(({ sponsor }) => sponsor === account.id)) + borneFor)
  }
}
