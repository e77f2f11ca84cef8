import type { EvmTx, NewVersion, Observation, TxStore } from '../../../../bridge-service/src/chains/evm/tx-store.ts'
import { BridgeError } from '../../../../bridge-service/src/errors.ts'
import { checkViolation, foreignKeyViolation, uniqueViolation } from '../../memory/database-error.ts'
import { isHeld, type Keeping } from './memory-lanes.ts'
import type { EvmTables } from './tables.ts'

/** `txStore` without a database: each call is one statement there, and happens at once here. */
export const memoryTxStore = ({ tables, chain, around, transfersOf }: Keeping): TxStore => {
  const { evm_txs, evm_refusals, raws } = tables

  const read = <T>(keys: readonly string[], read: () => T): Promise<T> =>
    around({ name: 'evmRead', transfers: transfersOf(keys) }, async () => read())
  const orUnavailable = (cause: unknown): never => {
    throw new BridgeError('database_unavailable', {}, { cause })
  }

  return {
    byKeys: keys =>
      read(
        keys,
        () =>
          new Map(
            keys.flatMap(key => {
              const row = evm_txs.get(key)
              return row === undefined ? [] : [[key, row.tx] as const]
            }),
          ),
      ),
    byKey: key => read([key], () => evm_txs.get(key)?.tx).catch(orUnavailable),
    refusalOf: key => read([key], () => evm_refusals.get(key)).catch(orUnavailable),
    open: sender =>
      read([], () =>
        [...evm_txs.values()]
          .filter(row => row.chain === chain && row.tx.sender === sender && !row.tx.final)
          .map(({ tx }) => tx)
          .sort((a, b) => a.nonce - b.nonce),
      ),
    finalFrom: (sender, nonce) =>
      read([], () =>
        [...evm_txs.values()]
          .filter(row => row.chain === chain && row.tx.sender === sender && row.tx.nonce >= nonce && row.tx.final)
          .sort((a, b) => a.tx.nonce - b.tx.nonce)
          .flatMap(({ tx }) => tx.inclusion?.hash ?? [])
          .slice(0, 100),
      ),
    rawOf: hashes =>
      read(
        [],
        () =>
          new Map(
            hashes.flatMap(hash => {
              const raw = raws.get(hash)
              return raw === undefined ? [] : [[hash, raw] as const]
            }),
          ),
      ),
    storeFirst: versions =>
      around({ name: 'evmStoreFirst', transfers: transfersOf(versions.map(({ key }) => key)) }, async () =>
        storeVersions(tables, versions),
      ),
    storeFenced: (lease, versions) =>
      around({ name: 'evmStoreFenced', transfers: transfersOf(versions.map(({ key }) => key)) }, async () => {
        if (!isHeld(tables, chain, lease)) return false
        storeVersions(tables, versions)
        return true
      }),
    record: (lease, observations, nowMs) =>
      around({ name: 'evmRecord', transfers: transfersOf(observations.map(({ key }) => key)) }, async () => {
        if (!isHeld(tables, chain, lease)) return false
        recordAll(tables, observations, nowMs)
        return true
      }),
  }
}

/** All of them or none, as a statement does. */
const storeVersions = ({ evm_txs, raws }: EvmTables, versions: readonly NewVersion[]): void => {
  const fresh = versions.filter(
    ({ key, version }, index) =>
      !evm_txs.get(key)?.tx.versions.some(kept => kept.version === version) &&
      versions.findIndex(other => other.key === key && other.version === version) === index,
  )
  for (const [index, { key, hash, fees }] of fresh.entries()) {
    if (!evm_txs.has(key)) throw foreignKeyViolation(`no transaction ${key}`)
    if (raws.has(hash) || fresh.findIndex(other => other.hash === hash) !== index) throw uniqueViolation('evm_tx_versions', hash)
    if (fees.maxFeePerGas <= 0n || fees.maxPriorityFeePerGas < 0n || fees.maxPriorityFeePerGas > fees.maxFeePerGas)
      throw checkViolation(`the fees of ${hash}`)
  }
  for (const { key, raw, ...version } of fresh) {
    const row = evm_txs.get(key)!
    const kept = [...row.tx.versions, version].sort((a, b) => a.version - b.version)
    const status = row.tx.status === 'allocated' ? 'signed' : row.tx.status
    evm_txs.set(key, { ...row, tx: { ...row.tx, status, versions: kept } })
    raws.set(version.hash, raw)
  }
}

const recordAll = ({ evm_txs }: EvmTables, observations: readonly Observation[], nowMs: number): void => {
  const open = observations.filter(({ key }) => evm_txs.get(key)?.tx.final === false)
  for (const { status, inclusion, final } of open) {
    const isInBlock = status === 'included' || status === 'reverted'
    if (isInBlock !== (inclusion !== undefined) || (final && !isInBlock)) throw checkViolation(`${status} in a block, or not`)
  }
  for (const { key, status, inclusion, final } of open) {
    const row = evm_txs.get(key)!
    const { inclusion: _was, ...before } = row.tx
    const after: EvmTx = {
      ...before,
      status,
      final,
      ...(inclusion === undefined ? {} : { inclusion }),
      ...(status === 'signed' ? { pendingSinceMs: nowMs } : {}),
    }
    evm_txs.set(key, { ...row, tx: after })
  }
}
