import type { Pool } from 'pg'

/** The right to write about one channel, until another worker takes it. */
export type Lease = { readonly channel: string; readonly owner: string; readonly epoch: number }

/** A channel to build on. `sequence`: the highest number known to be consumed; undefined before its first use. */
export type IdleChannel = Lease & { readonly sequence: bigint | undefined }

export type Channels = {
  /** Leases one of these channels on which nothing is open, the one that has rested longest; undefined when there is none. */
  readonly take: (leaseMs: number) => Promise<IdleChannel | undefined>
  /** Takes or keeps every channel on which something is open and that no other worker holds (database time). */
  readonly holdBusy: (leaseMs: number) => Promise<Lease[]>
  /** Lets others have them at once instead of when the lease runs out. */
  readonly release: (leases: readonly Lease[]) => Promise<void>
}

export const channelLeases = (pool: Pool, chain: string, owner: string, accounts: readonly string[]): Channels => {
  let opened: Promise<unknown> | undefined
  const open = () => {
    opened ??= pool.query(openChannels, [chain, accounts])
    return opened.catch(error => {
      opened = undefined
      throw error
    })
  }
  return {
    take: async leaseMs => {
      await open()
      const { rows } = await pool.query<{ account: string; lease_epoch: number; sequence: string | null }>({
        name: 'stellar_take_channel',
        text: takeChannel,
        values: [chain, owner, leaseMs, accounts],
      })
      const row = rows[0]
      if (row === undefined) return undefined
      return {
        channel: row.account,
        owner,
        epoch: row.lease_epoch,
        sequence: row.sequence === null ? undefined : BigInt(row.sequence),
      }
    },
    holdBusy: async leaseMs => {
      const { rows } = await pool.query<{ account: string; lease_epoch: number }>({
        name: 'stellar_hold_channels',
        text: holdBusy,
        values: [chain, owner, leaseMs],
      })
      return rows.map(row => ({ channel: row.account, owner, epoch: row.lease_epoch }))
    },
    release: async leases => {
      await pool.query({
        name: 'stellar_release_channels',
        text: releaseChannels,
        values: [chain, owner, leases.map(lease => lease.channel), leases.map(lease => lease.epoch)],
      })
    },
  }
}

const openChannels = `
  insert into stellar_channels (chain, account) select $1, unnest($2::text[]) order by 2 on conflict do nothing`

const takeChannel = `
  with idle as (
    select c.chain, c.account from stellar_channels c
     where c.chain = $1 and c.account = any($4) and (c.lease_until is null or c.lease_until <= now())
       and not exists (select from stellar_attempts a where a.chain = c.chain and a.channel = c.account and a.fate = 'open')
     order by c.lease_until nulls first limit 1 for update skip locked
  )
  update stellar_channels c
     set lease_owner = $2, lease_epoch = c.lease_epoch + 1, lease_until = now() + $3 * interval '1 millisecond'
    from idle where c.chain = idle.chain and c.account = idle.account
  returning c.account, c.lease_epoch, c.sequence`

// The same worker keeps its epoch: what it is about to store for a channel must not be fenced by its own housekeeping.
const holdBusy = `
  with busy as (
    select c.chain, c.account from stellar_channels c
     where c.chain = $1 and (c.lease_owner = $2 or c.lease_until is null or c.lease_until <= now())
       and exists (select from stellar_attempts a where a.chain = c.chain and a.channel = c.account and a.fate = 'open')
     order by c.account for update skip locked
  )
  update stellar_channels c
     set lease_owner = $2, lease_until = now() + $3 * interval '1 millisecond',
         lease_epoch = c.lease_epoch + case when c.lease_owner = $2 and c.lease_until > now() then 0 else 1 end
    from busy where c.chain = busy.chain and c.account = busy.account
  returning c.account, c.lease_epoch`

const releaseChannels = `
  update stellar_channels c set lease_until = now()
    from unnest($3::text[], $4::int[]) as l(account, epoch)
   where c.chain = $1 and c.account = l.account and c.lease_owner = $2 and c.lease_epoch = l.epoch and c.lease_until > now()`
