import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshDatabase } from '../../../test/support/database.ts'
import { chartFor } from './chart.ts'
import { type EscrowOnChain, escrowLaw } from './escrow-law.ts'
import { issueLaw } from './issue-law.ts'
import { openAccounts } from './open-accounts.ts'

const [treasury, issuer, stranger] = ['A', 'B', 'C'].map(letter => `G${letter.repeat(55)}`) as [string, string, string]
const escrow: EscrowOnChain = {
  ...{ chain: 'stellar:local', currency: 'USDC', token: `USDC:${issuer}`, treasury, minter: issuer, unitsPerMinor: 10n },
}

let database: Awaited<ReturnType<typeof freshDatabase>>
let owner: pg.Client
beforeAll(async () => {
  database = await freshDatabase()
  owner = new pg.Client({ connectionString: database.url })
  await owner.connect()
  const pool = new pg.Pool({ connectionString: database.url, max: 1 })
  await openAccounts(pool, chartFor({ tokens: [{ chain: 'stellar:local', currency: 'USDC' }] })).finally(() => pool.end())
  await owner.query(
    `insert into chain_heads (chain, escrow, cursor_height, cursor_hash, safe_height, finalized_height, finality_mode)
     values ('stellar:local', $1, 20, '0x00', 20, 20, 'tags')`,
    [treasury],
  )
})
afterAll(async () => {
  await owner.end()
  await database.drop()
})

it('a chain that counts finer than our minor units is proved in minor units', async () => {
  for (const [at, payer, amount] of [
    [1, treasury, '1002500000'],
    [2, issuer, '70'],
    [3, stranger, '50'],
  ] as const)
    await owner.query(
      `insert into chain_events (chain, block_hash, log_index, tx_hash, ordinal, block_number, type, escrow_id, ref, token, payer, amount,
                                 payload, canonical)
       values ('stellar:local', '0x01', $1::int, '0x0' || $1::int, 0, 10, 'escrowLocked', 'e' || $1::int, 'r' || $1::int, $2, $3, $4, '{}', true)`,
      [at, escrow.token, payer, amount],
    )
  expect((await escrowLaw(owner, escrow, [])).detail).toMatchObject({ onChain: '100250007', onChainFinal: '100250007' })
  // Only what the issuer himself put into holds was minted for them.
  expect((await issueLaw(owner, escrow, [])).detail).toMatchObject({ onChain: '7', unexplained: '7' })
})
