import type { FastifyInstance, FastifyReply } from 'fastify'
import { codeOf, issuerOf } from '../ledger/asset.ts'
import type { Account, ClaimableBalance } from '../ledger/entry.ts'
import type { StellarNode, View } from '../node.ts'
import { accountRecord } from './account-record.ts'
import { isAssetId } from './asset.ts'
import { assetRecord, assetsIn, assetToken } from './asset-record.ts'
import { claimableBalanceRecord } from './claimable-balance-record.ts'
import { halPage } from './page.ts'
import { type PageQuery, pageQueryOf } from './page-query.ts'
import { badRequest, notFound } from './problem.ts'
import { accountParam, balanceParam, type Reading, readingOf } from './request.ts'
import { serveStream } from './stream.ts'

/** A stream of one object ends after so many changes. */
const objectStreamLimit = 10

/** Accounts, claimable balances and assets as of the last ingested ledger, which the `Latest-Ledger` header tells. */
export const stateRoutes = (node: StellarNode, streamMs: number) => async (app: FastifyInstance) => {
  app.get('/accounts', async (request, reply) => {
    const reading = readingOf(node, request, 'accounts')
    const page = pageQueryOf(reading.query)
    if (page.cursor !== '' && page.cursor !== 'now') accountParam(page.cursor, 'cursor')
    const found = reading.view.state
      .accounts()
      .filter(accountFilter(reading))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const records = sliceOf(found, page, (account, cursor) => (account.id < cursor ? -1 : account.id > cursor ? 1 : 0))
    tellLatest(reply, reading.view)
    return halPage(
      reading.url,
      page,
      records.map(account => recordOfAccount(reading, account)),
    )
  })

  app.get('/accounts/:account', async (request, reply) => {
    const reading = readingOf(node, request, 'accounts')
    const read = (view: View) => {
      const account = view.state.account(accountParam(reading.params.account!))
      if (!account) throw notFound()
      return recordOfAccount({ ...reading, view }, account)
    }
    if (!reading.wantsStream) {
      tellLatest(reply, reading.view)
      return read(reading.view)
    }
    let last = ''
    return serveStream(reply, {
      node,
      limit: objectStreamLimit,
      maxMs: streamMs,
      next: () => {
        const data = read(node.now())
        const text = JSON.stringify(data)
        if (text === last) return []
        last = text
        return [{ data }]
      },
    })
  })

  app.get('/accounts/:account/data/:key', async (request, reply) => {
    const { view, params } = readingOf(node, request, 'accounts')
    const entry = view.state.data(accountParam(params.account!), params.key!)
    if (!entry) throw notFound()
    tellLatest(reply, view)
    return { value: Buffer.from(entry.value).toString('base64'), ...(entry.sponsor ? { sponsor: entry.sponsor } : {}) }
  })

  app.get('/claimable_balances', async (request, reply) => {
    const reading = readingOf(node, request, 'claimable_balances')
    const page = pageQueryOf(reading.query)
    if (page.cursor !== '' && !/^\d{1,10}-0{8}[0-9a-f]{64}$/.test(page.cursor))
      throw badRequest(
        'cursor',
        'The first part should be a number higher than 0 and the second part should be a valid claimable balance ID',
      )
    const found = reading.view.state.claimableBalances().filter(balanceFilter(reading)).sort(compareBalances)
    const records = sliceOf(found, page, (balance, cursor) => {
      const [ledger, id] = cursor.split('-') as [string, string]
      return compareBalances(balance, { lastModified: Number(ledger), id: id.slice(8) })
    })
    tellLatest(reply, reading.view)
    return halPage(
      reading.url,
      page,
      records.map(balance => recordOfBalance(reading, balance)),
    )
  })

  app.get('/assets', async (request, reply) => {
    const reading = readingOf(node, request, 'assets')
    const { asset_code: code, asset_issuer: issuer } = reading.query
    if (code && !/^[A-Za-z0-9]{1,12}$/.test(code))
      throw badRequest('asset_code', 'Asset code must have 1 to 12 letters and digits')
    if (issuer) accountParam(issuer, 'asset_issuer')
    const page = pageQueryOf(reading.query)
    const found = assetsIn(reading.view.state).filter(
      ({ asset }) => (!code || codeOf(asset) === code) && (!issuer || issuerOf(asset) === issuer),
    )
    const records = sliceOf(found, page, ({ asset }, cursor) =>
      assetToken(asset) < cursor ? -1 : assetToken(asset) > cursor ? 1 : 0,
    )
    tellLatest(reply, reading.view)
    return halPage(
      reading.url,
      page,
      records.map(holdings => assetRecord(reading.link, reading.view.state, holdings)),
    )
  })

  app.get('/claimable_balances/:balance', async (request, reply) => {
    const reading = readingOf(node, request, 'claimable_balances')
    const balance = reading.view.state.claimableBalance(balanceParam(reading.params.balance!).slice(8))
    if (!balance) throw notFound()
    tellLatest(reply, reading.view)
    return recordOfBalance(reading, balance)
  })
}

const tellLatest = (reply: FastifyReply, { latest }: View) => reply.header('latest-ledger', latest)

const recordOfAccount = ({ link, view }: Reading, account: Account) => accountRecord(link, view.state, account, view.closeTimeOf)

const recordOfBalance = ({ link, view }: Reading, balance: ClaimableBalance) =>
  claimableBalanceRecord(link, balance, view.closeTimeOf)

/** One filter out of signer, asset and sponsor; Horizon lists accounts by nothing else. */
const accountFilter = ({ query, view }: Reading): ((account: Account) => boolean) => {
  const { signer, asset, sponsor } = query
  const given = [signer, asset, sponsor].filter(Boolean)
  if (given.length !== 1) throw badRequest('filters', 'Use exactly one filter: signer, asset or sponsor')
  if (signer)
    return account =>
      account.signers.some(({ key }) => key.address === signer) || (account.id === signer && account.thresholds.master > 0)
  if (asset) {
    if (!isAssetId(asset) || asset === 'native') throw badRequest('asset', 'Asset must be of the form CODE:ISSUER')
    return account => view.state.trustline(account.id, asset) !== undefined
  }
  accountParam(sponsor!, 'sponsor')
  return account =>
    [account, ...account.signers, ...view.state.trustlines(account.id), ...view.state.allData(account.id)].some(
      entry => entry.sponsor === sponsor,
    )
}

const balanceFilter = ({ query }: Reading): ((balance: ClaimableBalance) => boolean) => {
  const { asset, sponsor, claimant } = query
  if (asset && !isAssetId(asset)) throw badRequest('asset', 'Asset must be `native` or of the form CODE:ISSUER')
  if (sponsor) accountParam(sponsor, 'sponsor')
  if (claimant) accountParam(claimant, 'claimant')
  return balance =>
    (!asset || balance.asset === asset) &&
    (!sponsor || balance.sponsor === sponsor) &&
    (!claimant || balance.claimants.some(({ destination }) => destination === claimant))
}

const compareBalances = (a: Pick<ClaimableBalance, 'id' | 'lastModified'>, b: Pick<ClaimableBalance, 'id' | 'lastModified'>) =>
  a.lastModified - b.lastModified || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** A page of sorted items; `compare` tells on which side of the cursor an item lies. */
const sliceOf = <T>(
  sorted: readonly T[],
  { cursor, order, limit }: PageQuery,
  compare: (item: T, cursor: string) => number,
): T[] => {
  if (order === 'asc') return sorted.filter(item => cursor === '' || compare(item, cursor) > 0).slice(0, limit)
  return sorted
    .filter(item => cursor === '' || compare(item, cursor) < 0)
    .reverse()
    .slice(0, limit)
}
