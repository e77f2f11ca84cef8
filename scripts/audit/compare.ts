import { type Address, erc20Abi, type Hex, type PublicClient } from 'viem'
import { escrowAbi } from '../../contracts/abi/escrow.ts'
import { asked } from './chain.ts'
import type { Discrepancy } from './discrepancy.ts'
import { AuditFailure } from './failure.ts'
import type { Folded, FoldedToken } from './fold.ts'

const batch = 500

/** What the events add up to, against what the contract says of itself at the block. */
export const compareWithChain = async (
  client: PublicClient,
  escrow: Address,
  folded: Folded,
  blockNumber: bigint,
  progress: (compared: number, of: number) => void,
): Promise<Discrepancy[]> => {
  const found: Discrepancy[] = []
  const expect = (code: Discrepancy['code'], expected: unknown, actual: unknown, about: Partial<Discrepancy>) => {
    if (expected !== actual)
      found.push({ code, expected: `${expected}, by the events`, found: `${actual}, by the contract`, ...about })
  }
  const read = { abi: escrowAbi, address: escrow, blockNumber } as const

  const escrows = [...folded.escrows.values()]
  for (let start = 0; start < escrows.length; start += batch) {
    const part = escrows.slice(start, start + batch)
    const statuses = await asked(
      'statuses of escrows',
      Promise.all(part.map(({ id }) => client.readContract({ ...read, functionName: 'statusOf', args: [id] }))),
    )
    for (const [index, { id, status, terms }] of part.entries())
      expect('status_mismatch', status, statuses[index], { escrowId: id, token: terms.token })
    progress(Math.min(start + batch, escrows.length), escrows.length)
  }

  const compareToken = async (token: Address, books: FoldedToken) => {
    const about = { token }
    const [state, locked, balance, credits] = await asked(
      `the state of token ${token}`,
      Promise.all([
        client.readContract({ ...read, functionName: 'tokenState', args: [token] }),
        client.readContract({ ...read, functionName: 'totalLocked', args: [token] }),
        client.readContract({ abi: erc20Abi, address: token, functionName: 'balanceOf', args: [escrow], blockNumber }),
        Promise.all(
          [...books.credits.keys()].map(
            async owner =>
              [owner, await client.readContract({ ...read, functionName: 'creditOf', args: [token, owner] })] as const,
          ),
        ),
      ]),
    )
    expect('sequence_gap', books.sequence, state.sequence, about)
    expect('locked_total_mismatch', books.locked, locked, about)
    expect('locked_total_mismatch', locked, state.locked, about)
    expect('credit_total_mismatch', books.credited, state.credited, about)
    for (const [owner, credit] of credits)
      if (books.credits.get(owner) !== credit)
        expect('credit_mismatch', `${books.credits.get(owner)} for ${owner}`, `${credit} for ${owner}`, about)
    for (const name of ['allowed', 'paused'] as const)
      expect('token_state_mismatch', `${name} ${books[name]}`, `${name} ${state[name]}`, about)
    for (const name of ['capacity', 'refillPerDay', 'attestationThreshold', 'attestationQuorum'] as const)
      expect('token_state_mismatch', `${name} ${books.limits[name]}`, `${name} ${state.limits[name]}`, about)
    const owed = books.locked + books.credited
    if (balance < owed)
      found.push({ code: 'token_insolvent', expected: `a balance of at least ${owed}`, found: String(balance), ...about })
  }
  for (const [token, books] of folded.tokens) await compareToken(token, books)
  return found
}

/** Throws `not_an_escrow`. Whether the contract signs and names ids under the domain that they were recomputed with (EIP-5267). */
export const compareDomain = async (
  client: PublicClient,
  escrow: Address,
  chainId: number,
  blockNumber: bigint,
): Promise<Discrepancy[]> => {
  const [, name, version, domainChain, contract, salt] = await asked(
    'eip712Domain: is this an escrow?',
    client.readContract({ abi: escrowAbi, address: escrow, functionName: 'eip712Domain', blockNumber }),
  )
  if (name !== 'Causeway Escrow') throw new AuditFailure('not_an_escrow', `${escrow} calls itself ${name}`)
  const noSalt: Hex = `0x${'00'.repeat(32)}`
  const expected = ['Causeway Escrow', '1', String(chainId), escrow, noSalt].join(' ')
  const found = [name, version, domainChain, contract, salt].join(' ')
  return expected === found ? [] : [{ code: 'domain_mismatch', expected, found }]
}
