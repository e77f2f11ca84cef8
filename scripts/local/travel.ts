import pg from 'pg'
import { createTestClient, http } from 'viem'

/**
 * Moves the time of a local world ahead, by so much more than it was: database time, which deadlines and quotes are due by and which the
 * services follow, and that of the EVM chains. The bank's own clock stays. Waiting for a return of sixty days takes a second.
 */
export const travel = async (databaseUrl: string, evmUrls: readonly string[], aheadMs: number): Promise<void> => {
  const owner = new pg.Client({ connectionString: databaseUrl })
  await owner.connect()
  try {
    await owner.query(
      `insert into clock_offset (ahead) values ($1 * interval '1 ms')
       on conflict (only_one) do update set ahead = clock_offset.ahead + excluded.ahead`,
      [aheadMs],
    )
  } finally {
    await owner.end()
  }
  for (const url of evmUrls) {
    const node = createTestClient({ mode: 'hardhat', transport: http(url) })
    await node.increaseTime({ seconds: Math.ceil(aheadMs / 1000) })
    await node.mine({ blocks: 1 })
  }
}
