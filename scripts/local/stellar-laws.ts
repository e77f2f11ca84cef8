import { FeeBumpTransaction, Horizon, type OperationRecord, TransactionBuilder } from '@stellar/stellar-sdk'
import type { EscrowLeg } from './escrow-legs.ts'
import type { Finding } from './finding.ts'
import type { StellarBridge } from './stellar-bridge.ts'

/** Our tokens have six decimals, the ledger has seven. */
const stroopsPerMinor = 10n
const stroops = (amount: string): bigint => BigInt(amount.replace('.', ''))

/** What must hold between a Stellar network's own books and ours, once all is at rest. It asks Horizon and uses nothing of the service. */
export const stellarLaws = async (
  { network, setup, chain }: StellarBridge,
  legs: readonly EscrowLeg[],
  posted: (account: string) => Promise<bigint>,
): Promise<Finding[]> => {
  const horizon = new Horizon.Server(network.url, { allowHttp: true })
  const [treasury, cold, issuer] = [setup.treasury, setup.cold, setup.issuer].map(key => key.publicKey()) as [
    string,
    string,
    string,
  ]

  const ofRef = Map.groupBy(await transactionsOf(horizon, network.passphrase, [treasury, cold, issuer]), ({ ref }) => ref)
  const operationsOf = (ref: string) => (ofRef.get(ref) ?? []).flatMap(({ operations }) => operations)
  const ours = legs.filter(leg => leg.chain === chain)
  const ends = ours
    .filter(({ kind }) => kind === 'hold')
    .flatMap(({ id, state, ref }) => {
      const operations = operationsOf(ref)
      const locks = operations.filter(
        operation =>
          operation.type === 'createClaimableBalance' && operation.claimants.some(({ destination }) => destination === cold),
      )
      const claims = operations.filter(({ type }) => type === 'claimClaimableBalance')
      const enough = state !== 'completed' || claims.length === 1
      return locks.length <= 1 && claims.length <= locks.length && enough
        ? []
        : [`${id} is ${state} with ${locks.length} holds and ${claims.length} claims of them`]
    })
  const deposits = ours.filter(({ kind }) => kind === 'deposit')
  const kept = deposits.flatMap(({ id, state, ref, payer, minor }) => {
    const operations = operationsOf(ref)
    const paid = (to: string) =>
      operations.filter(
        operation =>
          operation.type === 'payment' &&
          operation.destination === to &&
          stroops(operation.amount) === BigInt(minor) * stroopsPerMinor,
      ).length
    const claims = operations.filter(({ type }) => type === 'claimClaimableBalance').length
    const [payments, back] = [paid(treasury), paid(payer)]
    // What is paid again, or too late, is a stray deposit and goes back under a memo of its own.
    const right = state === 'completed' ? claims + payments > 0 && back === 0 : claims <= back && back <= claims + payments
    return claims <= 1 && back <= 1 && right
      ? []
      : [`${id} is ${state} with ${claims} claims, ${payments} payments, and ${back} sent back`]
  })

  const holds = await pagesOf(horizon.claimableBalances().claimant(cold).limit(200))
  const { balances } = await horizon.loadAccount(treasury)
  const supplies = await Promise.all(
    Object.entries(setup.assets).map(async ([currency, asset]) => {
      const name = `${asset.code}:${asset.issuer}`
      const held = holds.filter(hold => hold.asset === name).reduce((sum, { amount }) => sum + stroops(amount), 0n)
      const line = balances.find(one => 'asset_code' in one && `${one.asset_code}:${one.asset_issuer}` === name)
      return { currency, held, treasury: stroops(line?.balance ?? '0') }
    }),
  )
  const different: string[] = []
  for (const { currency, held, treasury } of supplies)
    for (const [account, onLedger] of [
      [`escrow:${chain}:${currency}`, held],
      [`treasury:${chain}:${currency}`, treasury],
    ] as const) {
      const booked = (await posted(account)) * stroopsPerMinor
      if (onLedger !== booked) different.push(`${account}: the network has ${onLedger}, our ledger ${booked}`)
    }
  return [
    {
      name: 'a Stellar hold ends once',
      problems: ends,
      fine: `${ofRef.size} references, each with one hold at most, claimed once at most`,
    },
    {
      name: 'a Stellar deposit is kept or given back',
      problems: kept,
      fine: `${deposits.length} deposits, each taken once, and given back once unless it was delivered for`,
    },
    {
      name: 'Stellar balances are in the ledger',
      problems: different,
      fine: supplies.map(({ currency, held }) => `${held / stroopsPerMinor} ${currency} in holds`).join(' and '),
    },
  ]
}

type OurTransaction = { readonly ref: string; readonly operations: readonly OperationRecord[] }

/** Every successful transaction that carries a reference and in which one of our accounts does something. */
const transactionsOf = async (
  horizon: Horizon.Server,
  passphrase: string,
  accounts: readonly string[],
): Promise<OurTransaction[]> => {
  const records = await Promise.all(accounts.map(account => pagesOf(horizon.transactions().forAccount(account).limit(200))))
  const unique = new Map(records.flat().map(record => [record.hash, record]))
  return [...unique.values()].flatMap(({ memo_type, memo, envelope_xdr }) => {
    if (memo_type !== 'hash' || memo === undefined) return []
    const envelope = TransactionBuilder.fromXdr(envelope_xdr, passphrase)
    const { operations } = envelope instanceof FeeBumpTransaction ? envelope.innerTransaction : envelope
    return { ref: `0x${Buffer.from(memo, 'base64').toString('hex')}`, operations }
  })
}

type Page<T> = { readonly records: T[]; readonly next: () => Promise<Page<T>> }

const pagesOf = async <T>(builder: { call: () => Promise<Page<T>> }): Promise<T[]> => {
  const records: T[] = []
  for (let page = await builder.call(); page.records.length > 0; page = await page.next()) records.push(...page.records)
  return records
}
