import type { Random } from '../../../../scripts/fuzz/reorg/random.ts'
import type { SimChain } from '../../chain/chain.ts'
import { treasury } from '../../chain/escrow.ts'
import { hashOf } from '../../chain/ids.ts'
import type { EscrowTerms } from '../../escrow-terms.ts'
import type { Faults } from '../../faults.ts'
import type { OperationFault } from './result.ts'

const anyFee = 10n ** 15n
const nothing: OperationFault = 'claimClaimableBalanceDoesNotExist'
const terms: EscrowTerms = {
  ...{ ref: '0x', currency: 'USDC', amountMinor: '0', payer: treasury, payee: treasury },
  ...{ refundAfter: 0, hardDeadline: 0, onExpiry: 'refund' },
}

/** Somebody has a copy of a channel's key: he takes its next number, or two of them, for something that comes to nothing. */
export const letUsurpersIn = (
  nowMs: () => number,
  random: Random,
  faults: Faults,
  chain: SimChain,
  channels: readonly string[],
  isBusy: (channel: string) => boolean,
): void => {
  let count = 0
  const usurp = (sender: string, nonce: number) => {
    const hash = hashOf(`usurper ${sender} ${count++}`)
    chain.broadcast({
      ...{ hash, action: 'claim', escrowId: hash, terms, sender: 'stranger', about: hash, nonceOf: `${sender} ${nonce}` },
      ...{ sinceMs: nowMs(), lane: { sender, nonce, maxFee: anyFee, tip: anyFee }, asOf: () => nothing },
    })
  }
  chain.onBlock(() => {
    const busy = channels.filter(isBusy)
    if (busy.length === 0 || !faults.strikes('stellar: the key of a channel is used elsewhere')) return
    const channel = random.pick(busy)
    const next = chain.countOf(channel, chain.height())
    const end = next + random.between(1, 2)
    for (let nonce = next; nonce < end; nonce++) usurp(channel, nonce)
  })
}
