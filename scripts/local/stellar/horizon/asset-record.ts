import { type AssetId, codeOf, issuerOf, native } from '../ledger/asset.ts'
import type { Trustline } from '../ledger/entry.ts'
import { accountFlags, isSet, lineFlags } from '../ledger/flags.ts'
import type { LedgerState } from '../ledger/state.ts'
import { decimal } from './amount.ts'
import { assetFields } from './asset.ts'
import type { Link } from './link.ts'

export type AssetHoldings = {
  readonly asset: AssetId
  readonly lines: readonly Trustline[]
  readonly claimable: readonly bigint[]
}

/** Every asset that somebody has a line or a claimable balance for, in the order in which Horizon pages through them. */
export const assetsIn = (state: LedgerState): AssetHoldings[] => {
  const lines = Map.groupBy(
    state.accounts().flatMap(({ id }) => state.trustlines(id)),
    ({ asset }) => asset,
  )
  const claimable = Map.groupBy(
    state.claimableBalances().filter(({ asset }) => asset !== native),
    ({ asset }) => asset,
  )
  return [...new Set([...lines.keys(), ...claimable.keys()])]
    .sort((a, b) => (assetToken(a) < assetToken(b) ? -1 : 1))
    .map(asset => ({ asset, lines: lines.get(asset) ?? [], claimable: claimable.get(asset)?.map(({ amount }) => amount) ?? [] }))
}

export const assetToken = (asset: AssetId): string => `${codeOf(asset)}_${issuerOf(asset)}_${assetFields(asset).asset_type}`

export const assetRecord = (link: Link, state: LedgerState, { asset, lines, claimable }: AssetHoldings) => {
  const issuer = state.account(issuerOf(asset))
  const levels = Map.groupBy(lines, levelOf)
  const perLevel = <T>(read: (ofLevel: readonly Trustline[]) => T) => ({
    authorized: read(levels.get('authorized') ?? []),
    authorized_to_maintain_liabilities: read(levels.get('maintain') ?? []),
    unauthorized: read(levels.get('unauthorized') ?? []),
  })
  const may = (flag: number) => issuer !== undefined && isSet(issuer.flags, flag)
  return {
    _links: { toml: link(issuer?.homeDomain ? `https://${issuer.homeDomain}/.well-known/stellar.toml` : '') },
    ...assetFields(asset),
    paging_token: assetToken(asset),
    accounts: perLevel(ofLevel => ofLevel.length),
    balances: perLevel(ofLevel => decimal(sum(ofLevel.map(({ balance }) => balance)))),
    num_claimable_balances: claimable.length,
    claimable_balances_amount: decimal(sum(claimable)),
    num_liquidity_pools: 0,
    liquidity_pools_amount: decimal(0n),
    num_contracts: 0,
    contracts_amount: decimal(0n),
    flags: {
      auth_required: may(accountFlags.required),
      auth_revocable: may(accountFlags.revocable),
      auth_immutable: may(accountFlags.immutable),
      auth_clawback_enabled: may(accountFlags.clawback),
    },
  }
}

const levelOf = ({ flags }: Trustline) =>
  isSet(flags, lineFlags.authorized) ? 'authorized' : flags & ~lineFlags.clawback ? 'maintain' : 'unauthorized'

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)
