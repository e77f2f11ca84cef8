import { describe, expect, it } from 'vitest'
import { replay } from '../../../test/support/given.ts'
import { history, onramp } from '../../../test/support/onramp.ts'
import { decide } from './decide.ts'
import { evolve } from './evolve.ts'
import { holdTermsOf } from './hold.ts'
import { isQuoteId, isTransferId, typeId } from './id.ts'
import { currentDefinition, sourcesOf, states, type Transitions, targetOf, terminalStates, transitions } from './state.ts'

describe.each(Object.entries(transitions))('the transitions of %s', (_route, table: Transitions) => {
  it('reach every state that they name from the beginning', () => {
    const reached = new Set<string>(['none'])
    for (const state of reached) for (const target of Object.values(table[state as 'none'] ?? {})) reached.add(target)
    expect([...states, 'none'].filter(state => state in table && !reached.has(state))).toEqual([])
    expect([...reached].filter(state => !(state in table))).toEqual([])
  })

  it('lead from every state to an end or to a person', () => {
    const ends = new Set<string>([...terminalStates, 'review'])
    const leadsHome = (from: string, seen: ReadonlySet<string>): boolean =>
      ends.has(from) ||
      Object.values(table[from as 'none'] ?? {}).some(
        target => !seen.has(target) && leadsHome(target, new Set([...seen, target])),
      )
    expect(Object.keys(table).filter(state => !leadsHome(state, new Set([state])))).toEqual([])
  })
})

describe('the transitions', () => {
  it('are the SQL guard of a step', () => {
    expect(sourcesOf('onramp', 'debitSettled')).toEqual(['debiting', 'failed'])
    expect(sourcesOf('onramp', 'transferRequested')).toEqual(['none'])
    for (const source of sourcesOf('onramp', 'debitReturned')) expect(targetOf('onramp', source, 'debitReturned')).toBeDefined()
  })
})

describe('evolve', () => {
  it('throws on a transition that the data does not have', () => {
    const transfer = replay(onramp(), history.requested)
    expect(() => evolve(transfer, { type: 'releaseFinalized' })).toThrow(expect.objectContaining({ code: 'transition_illegal' }))
  })

  it('counts one version for each event and leaves the transfer before it alone', () => {
    const before = replay(onramp(), history.debiting)
    const copy = structuredClone(before)
    expect(evolve(before, { type: 'debitUnknown', detail: 'silence' }).version).toBe(before.version + 1)
    expect(before).toEqual(copy)
  })
})

describe('decide', () => {
  it('refuses a transfer of a newer machine', () => {
    const transfer = { ...replay(onramp(), history.requested), definition: currentDefinition + 1 }
    expect(() => decide(transfer, { type: 'cancelCommand', reason: 'x' }, 0)).toThrow(
      expect.objectContaining({ code: 'definition_unknown' }),
    )
  })

  it('gives the same answer to the same question', () => {
    const transfer = replay(onramp(), history.clearing)
    const ask = () => decide(transfer, { type: 'cancelCommand', reason: 'x' }, 1)
    expect(ask()).toEqual(ask())
  })
})

describe('a transfer of definition 1', () => {
  it('knew nothing of funding, and is still funded out of the treasury', () => {
    const { funding: _none, ...terms } = onramp().terms
    const old = { ...replay(onramp(), history.requested), definition: 1, terms } as const
    const decision = decide(old, { type: 'screened', list: 'test', availableMinor: 10n ** 12n }, 0)
    expect(decision).toMatchObject({ liquidity: 'reserve', events: [{}, { event: { type: 'liquidityReserved' } }] })
  })
})

describe('the hold', () => {
  it('has its deadlines from the settlement, and none before it', () => {
    const transfer = replay(onramp(), history.locking)
    const { refundAfter, hardDeadline } = transfer.progress.debit!
    expect(holdTermsOf(transfer)).toMatchObject({ refundAfter, hardDeadline, ref: transfer.terms.hold.ref })
    expect(Object.keys(holdTermsOf(transfer)).sort()).toEqual(
      ['amountMinor', 'currency', 'hardDeadline', 'onExpiry', 'payee', 'payer', 'ref', 'refundAfter'].sort(),
    )
    expect(() => holdTermsOf(replay(onramp(), history.debiting))).toThrow(expect.objectContaining({ code: 'internal' }))
  })

  it('stays the same through a reorg of its lock', () => {
    const unborn = onramp()
    const orphaned = replay(unborn, [...history.clearing, { type: 'lockOrphaned', fact: '0x10:0' }])
    expect(holdTermsOf(orphaned)).toEqual(holdTermsOf(replay(unborn, history.locking)))
  })
})

describe('ids', () => {
  it('are TypeIDs: a UUID in base32 behind a prefix', () => {
    // The example of the TypeID specification.
    expect(typeId('prefix', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe('prefix_01h455vb4pex5vsknk084sn02q')
    expect(typeId('tr', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('tr_7zzzzzzzzzzzzzzzzzzzzzzzzz')
  })

  it('are recognised by prefix, length and alphabet', () => {
    expect(isTransferId('tr_01h455vb4pex5vsknk084sn02q')).toBe(true)
    expect(isQuoteId('qt_01h455vb4pex5vsknk084sn02q')).toBe(true)
    for (const text of [
      ...['', 'tr_', 'qt_01h455vb4pex5vsknk084sn02q', 'tr_01h455vb4pex5vsknk084sn02', 'tr_01h455vb4pex5vsknk084sn02qq'],
      ...[
        'tr_81h455vb4pex5vsknk084sn02q',
        'tr_01H455VB4PEX5VSKNK084SN02Q',
        'tr_01h455vb4pex5vsknk084sn02l',
        'tr_01h455vb4pex5vsknk084sn02q\n',
      ],
    ])
      expect(isTransferId(text), text).toBe(false)
  })

  it('sort as their UUIDs do', () => {
    const uuids = [
      '01890a5d-ac96-774b-bcce-b302099a8057',
      '01890a5d-ac97-774b-bcce-b302099a8057',
      '02000000-0000-7000-8000-000000000000',
    ]
    const ids = uuids.map(uuid => typeId('tr', uuid))
    expect([...ids].sort()).toEqual(ids)
  })
})
