import type { Lie, RpcCall } from '../../../../test/support/rpc-proxy.ts'
import type { ForkingChain } from '../chain.ts'
import type { FindingKind } from '../finding.ts'
import type { Seen } from '../history.ts'
import type { Surroundings } from '../world.ts'

/** A fault of an indexer, made from outside: by its tables or by its only node, where the real one would have to be broken. */
export type Planted = {
  readonly name: string
  /** One of these must be found. */
  readonly found: readonly FindingKind[]
  readonly sql?: string
} & NonNullable<Surroundings['planted']>

const before = (table: string, body: string) => `
  create function fuzz.plant() returns trigger language plpgsql security definer as $$ begin ${body} end $$;
  create trigger a_plant before insert or update on ${table} for each row execute function fuzz.plant();`
const after = (table: string, body: string) => `
  create function fuzz.plant() returns trigger language plpgsql security definer as $$ begin ${body} return null; end $$;
  create trigger z_plant after insert or update on ${table} for each row execute function fuzz.plant();`

/** The block that the node holds at this block's height now. */
const standIn = (chain: ForkingChain, asked: Seen): Seen | undefined =>
  [...chain.history.pathFrom(chain.tip().hash)].find(({ number }) => number === asked.number)

const logsByNumber = (chain: ForkingChain) => ({
  inPlace: ({ method, params }: RpcCall) => {
    const { blockHash } = (params[0] ?? {}) as { blockHash?: string }
    const asked = method === 'eth_getLogs' && blockHash !== undefined ? chain.history.byHash.get(blockHash) : undefined
    if (asked === undefined) return undefined
    return { result: (standIn(chain, asked)?.logs ?? []).map(log => ({ ...log, blockHash })) }
  },
})

const aboutBlocks =
  (change: (block: Record<string, unknown>) => Record<string, unknown>): Lie =>
  ({ method }, result) =>
    /^eth_getBlockBy/.test(method) && result !== null ? change(result as Record<string, unknown>) : result

const emptyBloom = `0x${'00'.repeat(256)}`

export const planted: readonly Planted[] = [
  {
    name: 'does not tell what was orphaned',
    found: ['missed'],
    sql: before('inbox', `if new.payload->>'status' = 'orphaned' then return null; end if; return new;`),
  },
  {
    name: 'keeps orphaned events as canonical ones',
    found: ['phantom', 'wrong', 'missed', 'stalled'],
    sql: before('chain_events', `if tg_op = 'UPDATE' and not new.canonical then return null; end if; return new;`),
  },
  {
    name: 'forgets orphaned blocks',
    found: ['missed'],
    sql: after(
      'chain_blocks',
      'if not new.canonical then delete from chain_blocks where chain = new.chain and hash = new.hash; end if;',
    ),
  },
  {
    name: 'hands the same truth over twice',
    found: ['twice'],
    sql: after(
      'chain_heads',
      `update inbox set revision = revision + 1 where source = new.chain and fact = (select max(fact) from inbox where source = new.chain);`,
    ),
  },
  {
    name: 'skips a revision',
    found: ['twice'],
    sql: before(
      'inbox',
      `if tg_op = 'UPDATE' and new.revision > old.revision then new.revision := new.revision + 1; end if; return new;`,
    ),
  },
  {
    name: 'hands over another amount',
    found: ['wrong'],
    sql: before('inbox', `if new.payload ? 'amount' then new.payload := new.payload || '{"amount":"1"}'; end if; return new;`),
  },
  {
    name: 'loses one event in ten',
    found: ['missed'],
    sql: before('chain_events', `if hashtext(new.tx_hash || new.ordinal) % 10 = 0 then return null; end if; return new;`),
  },
  {
    name: 'asks for logs by number where it means a hash',
    found: ['missed', 'phantom', 'wrong', 'stalled'],
    lies: chain => logsByNumber(chain),
  },
  {
    name: 'is one block early with finality',
    found: ['finality', 'halt', 'stalled'],
    config: ({ finalityDepth }) => ({ finalityDepth: finalityDepth - 1 }),
    lies: (chain, { slotsInAnEpoch }) => ({
      inPlace: ({ params }) => {
        if (params[0] !== 'finalized' || slotsInAnEpoch === 0) return undefined
        const tooNew = chain.tip().number - 2 * slotsInAnEpoch + 1
        const block = [...chain.history.pathFrom(chain.tip().hash)].find(({ number }) => number === tooNew)?.block
        return block && { result: block }
      },
    }),
  },
  {
    name: 'never halts',
    found: ['halt', 'stalled'],
    sql: before('chain_heads', 'new.halted_reason := null; return new;'),
  },
  {
    name: 'does not suspect a bloom that admits what did not come',
    found: ['missed'],
    lies: () => ({ distort: aboutBlocks(block => ({ ...block, logsBloom: emptyBloom })) }),
  },
  {
    name: 'believes any one node of three',
    found: ['phantom', 'wrong', 'missed', 'halt', 'finality'],
    nodes: 3,
    config: () => ({ quorum: 1 }),
  },
]
