import { NotFoundError } from '@stellar/stellar-sdk'
import { createPublicClient, erc20Abi, getAbiItem, http, isAddressEqual, zeroAddress } from 'viem'
import type { EvmBridge } from '../local/evm-bridge.ts'
import { stellarParty } from '../local/stellar-party.ts'
import type { World } from '../local/world.ts'
import type { Placed } from './integrator.ts'
import type { Party } from './orders.ts'

type BankTransfer = {
  readonly direction: 'debit' | 'credit'
  readonly status: string
  readonly amount: string
  readonly description?: string
  readonly counterparty: { readonly accountNumber: string }
}

/** What bank and chains show of one order: an amount for each time, in the smallest unit of where it moved. */
export type Trace = {
  /** Taken from the payer, and not fetched back by his bank. */
  readonly taken: readonly bigint[]
  /** Taken from the payer, and fetched back by his bank. */
  readonly fetchedBack: readonly bigint[]
  /** Paid back to the payer. */
  readonly paidBack: readonly bigint[]
  readonly arrived: readonly bigint[]
  /** What moved for the order between others. */
  readonly astray: readonly string[]
}

export type Traces = {
  readonly of: (order: Placed) => Promise<Trace>
  /** For whom the bank moved money. */
  readonly atBank: ReadonlySet<string | undefined>
}

type OnChain = Exclude<Party, { at: 'bank' }>
type Paid = { readonly out: readonly bigint[]; readonly in: readonly bigint[] }

export const decimalsOf = { bank: 2, evm: 6, stellar: 7 } as const satisfies Record<Party['at'], number>

/** Reads the bank's own list, every movement of the tokens and what Stellar says of an address; nothing of the service. */
export const readTraces = async (world: World): Promise<Traces> => {
  const bank = ((await (await fetch(`${world.bank.url}/admin/transfers`)).json()) as { data: BankTransfer[] }).data
  const ofOrder = Map.groupBy(bank, ({ description }) => description)
  const evm = new Map([
    [world.chain as string, await readEvm(world)],
    ...(world.secondEvm ? [[world.secondEvm.chain as string, await readEvm(world.secondEvm)] as const] : []),
  ])
  const stellar = readStellar(world.stellar!)
  const movesOf = (party: OnChain): Promise<Paid> | Paid =>
    party.at === 'evm' ? evm.get(party.chain)!(party) : stellar.movesOf(party)

  const of: Traces['of'] = async ({ id, payer, payee }) => {
    const atBank = ofOrder.get(id) ?? []
    const at = (party: Party, direction: 'debit' | 'credit', status: string) =>
      atBank
        .filter(one => party.at === 'bank' && one.counterparty.accountNumber === party.account)
        .filter(one => one.direction === direction && one.status === status)
        .map(({ amount }) => BigInt(amount))
    const parties = [payer, payee].flatMap(party => (party.at === 'bank' ? [party.account] : []))
    const paid = payer.at === 'bank' ? undefined : await movesOf(payer)
    return {
      taken: paid?.out ?? at(payer, 'debit', 'settled'),
      fetchedBack: at(payer, 'debit', 'returned'),
      paidBack: paid?.in ?? at(payer, 'credit', 'settled'),
      arrived:
        payee.at === 'bank'
          ? at(payee, 'credit', 'settled')
          : payee.at === 'stellar'
            ? await stellar.has(payee)
            : (await movesOf(payee)).in,
      astray: atBank
        .filter(one => !parties.includes(one.counterparty.accountNumber))
        .map(one => `a ${one.direction} of ${one.amount} with ${one.counterparty.accountNumber} is ${one.status}`),
    }
  }
  return { of, atBank: new Set(ofOrder.keys()) }
}

const readEvm = async ({ evm, contracts, settlementToken }: Pick<EvmBridge, 'evm' | 'contracts' | 'settlementToken'>) => {
  const node = createPublicClient({ transport: http(evm.url), cacheTime: 0 })
  const tokens = { USDC: contracts.token, EURC: settlementToken }
  const moves = await node.getLogs({
    address: Object.values(tokens),
    event: getAbiItem({ abi: erc20Abi, name: 'Transfer' }),
    fromBlock: BigInt(contracts.startBlock),
    strict: true,
  })
  const moved = Map.groupBy(
    // What a customer has to pay with is minted for him; nobody is delivered to by a mint.
    moves
      .filter(({ args }) => args.from !== zeroAddress)
      .flatMap(({ address, args: { from, to, value } }) => [
        { token: address, party: from, direction: 'out' as const, value },
        { token: address, party: to, direction: 'in' as const, value },
      ]),
    ({ party }) => party,
  )
  return ({ address, asset }: Extract<Party, { at: 'evm' }>): Paid => {
    const of = (direction: keyof Paid) =>
      (moved.get(address) ?? [])
        .filter(move => move.direction === direction && isAddressEqual(move.token, tokens[asset]))
        .map(({ value }) => value)
    return { out: of('out'), in: of('in') }
  }
}

const readStellar = (bridge: NonNullable<World['stellar']>) => {
  const { horizon } = stellarParty(bridge)
  const stroops = (amount: string) => BigInt(amount.replace('.', ''))

  /** What he has, and what waits for him. */
  const has = async ({ address, asset }: Extract<Party, { at: 'stellar' }>): Promise<bigint[]> => {
    const { records } = await horizon.claimableBalances().claimant(address).call()
    const account = await horizon.loadAccount(address).catch(error => {
      if (error instanceof NotFoundError) return undefined
      throw error
    })
    const line = account?.balances.find(one => 'asset_code' in one && one.asset_code === asset)
    return [...records.map(({ amount }) => amount), line?.balance ?? '0'].map(stroops).filter(amount => amount > 0n)
  }

  /** What he paid or left in a balance, and what he was paid by others than the issuer, who gave him what he had to pay with. */
  const movesOf = async ({ address, asset }: Extract<Party, { at: 'stellar' }>): Promise<Paid> => {
    const { records } = await horizon.operations().forAccount(address).limit(200).call()
    const token = bridge.setup.assets[asset]!
    const paid = records.flatMap(one => (one.type === 'payment' && one.asset_code === token.code ? [one] : []))
    const left = records.flatMap(one =>
      one.type === 'create_claimable_balance' && one.asset === `${token.code}:${token.issuer}` ? [one] : [],
    )
    return {
      out: [...paid.filter(({ from }) => from === address), ...left.filter(one => one.source_account === address)].map(one =>
        stroops(one.amount),
      ),
      in: [
        ...paid.filter(({ from, to }) => to === address && from !== token.issuer),
        ...left.filter(one => one.source_account !== address),
      ].map(one => stroops(one.amount)),
    }
  }

  return { has, movesOf }
}
