import { encodeFunctionData, parseUnits } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { escrowAbi } from '../../../contracts/abi/escrow.ts'
import { testDollarAbi } from '../../../contracts/abi/test-dollar.ts'
import type { Deployment } from '../../local/deploy-contracts.ts'
import type { Random } from './random.ts'

type Hex = `0x${string}`

export type Terms = {
  readonly ref: Hex
  readonly token: Hex
  readonly payer: Hex
  readonly payee: Hex
  readonly amount: bigint
  readonly refundAfter: bigint
  readonly hardDeadline: bigint
  readonly onExpiry: number
}

/** Signed once: a transaction that is mined again is mined with the same bytes and under the same hash. */
export type Signed = { readonly raw: Hex; readonly sender: Role; readonly nonce: number }

export type Role = 'admin' | 'treasury' | 'operator'

const day = 86_400n

/** Writes the transactions of a world: what an escrow lives through, refused items of batches and refused payouts too. */
export const transactionsOf = (deployment: Deployment, random: Random, startTime: number) => {
  const { chainId, escrow, token } = deployment
  const signers = {
    admin: privateKeyToAccount(deployment.admin.key),
    treasury: privateKeyToAccount(deployment.treasury.key),
    operator: privateKeyToAccount(deployment.operator.key),
  }
  const payees: readonly Hex[] = [deployment.operator.address, '0x52908400098527886E0F7030069857D2E4169EE7']
  const locks: Terms[] = []
  let denied = false

  const newTerms = (): Terms => {
    const terms: Terms = {
      ...{ ref: random.hex(32), token, payer: deployment.treasury.address, payee: random.pick(payees) },
      ...{ amount: BigInt(random.between(1, 1_000_000)), refundAfter: BigInt(startTime) + 100n * day },
      ...{ hardDeadline: BigInt(startTime) + 200n * day, onExpiry: random.between(0, 1) },
    }
    locks.push(terms)
    return terms
  }
  /** Of the newest ones, and now and then one that is not open (any more, or on this branch). */
  const someLock = (open: (ref: string) => boolean): Terms | undefined => {
    const recent = locks.slice(-30)
    const candidates = random.chance(0.85) ? recent.filter(({ ref }) => open(ref)) : recent
    return candidates.length === 0 ? undefined : random.pick(candidates)
  }

  type Call = { readonly sender: Role; readonly to: Hex; readonly data: Hex }
  const ofEscrow = (sender: Role, functionName: 'lock' | 'release' | 'refund' | 'commit', terms: Terms): Call => ({
    ...{ sender, to: escrow },
    data: encodeFunctionData({ abi: escrowAbi, functionName, args: [terms] }),
  })
  const batch = (sender: Role, functionName: 'lockBatch' | 'releaseBatch' | 'refundBatch', items: readonly Terms[]): Call => ({
    ...{ sender, to: escrow },
    data: encodeFunctionData({ abi: escrowAbi, functionName, args: [items] }),
  })

  const call = (open: (ref: string) => boolean): Call => {
    const kind = random.between(1, 100)
    if (kind <= 12) {
      const again = someLock(() => true) // refused within the batch where it is locked already: the log is another one
      const items = [newTerms(), ...(again ? [again] : []), newTerms()]
      return batch('treasury', 'lockBatch', items)
    }
    if (kind <= 15) {
      denied = !denied
      const data = encodeFunctionData({ abi: testDollarAbi, functionName: 'setDenied', args: [payees[1]!, denied] })
      return { sender: 'admin', to: token, data }
    }
    const terms = kind <= 55 ? undefined : someLock(open)
    if (terms === undefined) return ofEscrow('treasury', 'lock', newTerms())
    if (kind <= 66) return ofEscrow('operator', 'release', terms)
    if (kind <= 76) return ofEscrow('operator', 'refund', terms)
    if (kind <= 82) return ofEscrow('operator', 'commit', terms)
    const items = [terms, ...[1, 2].flatMap(() => someLock(open) ?? [])]
    return batch('operator', kind <= 93 ? 'releaseBatch' : 'refundBatch', items)
  }

  return {
    /** The next transaction, of a sender whose nonce is then asked for; `open`: whether that ref is locked on the branch. */
    next: async (open: (ref: string) => boolean, nonceOf: (sender: Role) => number): Promise<Signed> => {
      const { sender, to, data } = call(open)
      const nonce = nonceOf(sender)
      const raw = await signers[sender].signTransaction({
        ...{ type: 'eip1559', chainId, to, data, nonce, gas: 1_500_000n },
        ...{ maxFeePerGas: parseUnits('20', 9), maxPriorityFeePerGas: parseUnits('1', 9) },
      })
      return { raw, sender, nonce }
    },
  }
}
