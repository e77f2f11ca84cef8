import type { Horizon } from '../../../../bridge-service/src/chains/stellar/horizon.ts'
import type { Process } from '../../process.ts'

/** A Horizon as one process reaches it: each question is a place to die. */
export const horizonOf = (process: Process, horizon: Horizon, delayMs: () => number): Horizon => {
  const asked =
    <Asked extends readonly unknown[], Answer>(ask: (...asked: Asked) => Promise<Answer>) =>
    (...asked: Asked): Promise<Answer> =>
      process.call('horizon.ask', undefined, () => ask(...asked), delayMs())
  return {
    passphrase: asked(horizon.passphrase),
    watermark: asked(horizon.watermark),
    ledgerHash: asked(horizon.ledgerHash),
    account: asked(horizon.account),
    transaction: asked(horizon.transaction),
    takerOf: asked(horizon.takerOf),
    balance: asked(horizon.balance),
    market: asked(horizon.market),
    supply: asked(horizon.supply),
    send: envelope => process.call('horizon.send', undefined, () => horizon.send(envelope), delayMs()),
  }
}
