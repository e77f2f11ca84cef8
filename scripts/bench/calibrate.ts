import pg from 'pg'

export type Calibration = { readonly clients: number; readonly commitsPerSecond: number }

/** What this machine and this Postgres can do right now: one-row inserts, each its own commit with fsync, by so many clients at once. */
export const calibrate = async (url: string, seconds = 2): Promise<Calibration[]> => {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(
    'create table if not exists bench_calibration (id bigint generated always as identity primary key, note text not null)',
  )
  const results: Calibration[] = []
  for (const clients of [1, 8, 32]) {
    const connections = await Promise.all(
      Array.from({ length: clients }, async () => {
        const client = new pg.Client({ connectionString: url })
        await client.connect()
        return client
      }),
    )
    let commits = 0
    const startedMs = performance.now()
    await Promise.all(
      connections.map(async client => {
        while (performance.now() - startedMs < seconds * 1000) {
          await client.query({ name: 'calibrate', text: 'insert into bench_calibration (note) values ($1)', values: ['one row'] })
          commits++
        }
      }),
    )
    results.push({ clients, commitsPerSecond: Math.round(commits / ((performance.now() - startedMs) / 1000)) })
    await Promise.all(connections.map(client => client.end()))
  }
  await admin.query('drop table bench_calibration')
  await admin.end()
  return results
}
