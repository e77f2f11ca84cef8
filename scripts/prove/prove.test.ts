import { describe, expect, it } from 'vitest'
import { prove } from './prove.ts'
import { findSolver } from './solver.ts'

const books = 'contracts/test/proofs/BooksProof.t.sol'
const solvency = 'contracts/test/proofs/SolvencyProof.t.sol'

describe('a claim', () => {
  // In the solver's encoding `sat` says that an invariant was found.
  it.each([
    ['sat', 'proved'],
    ['unknown', 'unproved'],
  ])('that the solver answers with %s is %s', (answer, verdict) => {
    const verdicts = prove(books, { solve: () => `${answer}\n` })
    expect(verdicts.map(({ claim, verdict }) => [claim, verdict])).toEqual([
      ['whatIsLockedIsTheSumOfTheOpenEscrows', verdict],
      ['anOpenEscrowIsOwed', verdict],
    ])
    expect(verdicts[0]).toMatchObject({ file: books, line: 47, assertion: 'assert(_owed - _credited == _mine + _others)' })
  })

  const solver = findSolver()
  it.runIf(solver)('is proved by z3', () => {
    expect(prove(solvency, solver!).map(({ verdict }) => verdict)).toEqual(['proved'])
  })
  if (!solver) console.log('NOT RUN HERE: a proof by z3, which is not on the PATH.')
})
