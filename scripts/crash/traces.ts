import { NotFoundError } from '@stellar/stellar-sdk'
import { createPublicClient, erc20Abi, getAbiItem, http, isAddressEqual, zeroAddress } from 'viem'
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

export const decimalsOf = { bank: 2, evm: 6, stellar: 7 } as const satisfies Record<Party['at'], number>

/** Reads the bank's own list, every movement of the tokens and what Stellar says of an address; nothing of the service. */
export const readTraces = async (
  world: Pick<World, 'evm' | 'bank' | 'contracts' | 'settlementToken' | 'stellar'>,
): Promise<Traces> => {
  const bank = ((await (await fetch(`${world.bank.url}/admin/transfers`)).json()) as { data: BankTransfer[] }).data
  const ofOrder = Map.groupBy(bank, ({ description }) => description)
  const node = createPublicClient({ transport: http(world.evm.url), cacheTime: 0 })
  const tokens = { USDC: world.contracts.token, EURC: world.settlementToken }
  const moves = await node.getLogs({
    address: Object.values(tokens),
    event: getAbiItem({ abi: erc20Abi, name: 'Transfer' }),
    fromBlock: BigInt(world.contracts.startBlock),
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
  const onEvm = (party: Extract<Party, { at: 'evm' }>, direction: 'in' | 'out') =>
    (moved.get(party.address) ?? [])
      .filter(move => move.direction === direction && isAddressEqual(move.token, tokens[party.asset]))
      .map(({ value }) => value)

  const onStellar = async ({ address, asset }: Extract<Party, { at: 'stellar' }>): Promise<bigint[]> => {
    const party = stellarParty(world.stellar!)
    const { records } = await party.horizon.claimableBalances().claimant(address).call()
    const account = await party.horizon.loadAccount(address).catch(error => {
      if (error instanceof NotFoundError) return undefined
      throw error
    })
    const line = account?.balances.find(one => 'asset_code' in one && one.asset_code === asset)
    return [...records.map(({ amount }) => amount), line?.balance ?? '0']
      .map(amount => BigInt(amount.replace('.', '')))
      .filter(amount => amount > 0n)
  }

  const of: Traces['of'] = async ({ id, payer, payee }) => {
    const atBank = ofOrder.get(id) ?? []
    const at = (party: Party, direction: 'debit' | 'credit', status: string) =>
      atBank
        .filter(one => party.at === 'bank' && one.counterparty.accountNumber === party.account)
        .filter(one => one.direction === direction && one.status === status)
        .map(({ amount }) => BigInt(amount))
    const parties = [payer, payee].flatMap(party => (party.at === 'bank' ? [party.account] : []))
    return {
      taken: payer.at === 'evm' ? onEvm(payer, 'out') : at(payer, 'debit', 'settled'),
      fetchedBack: at(payer, 'debit', 'returned'),
      paidBack: payer.at === 'evm' ? onEvm(payer, 'in') : at(payer, 'credit', 'settled'),
      arrived:
        payee.at === 'evm'
          ? onEvm(payee, 'in')
          : payee.at === 'stellar'
            ? await onStellar(payee)
            : at(payee, 'credit', 'settled'),
      astray: atBank
        .filter(one => !parties.includes(one.counterparty.accountNumber))
        .map(one => `a ${one.direction} of ${one.amount} with ${one.counterparty.accountNumber} is ${one.status}`),
    }
  }
  return { of, atBank: new Set(ofOrder.keys()) }
}
