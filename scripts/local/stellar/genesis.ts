import { createHash } from 'node:crypto'
import { Keypair } from '@stellar/stellar-sdk/base'
import { cores } from './core.ts'
import { newAccount } from './ledger/entry.ts'
import { openScope } from './ledger/scope.ts'
import type { StellarNetworkOptions } from './network.ts'
import { type Sealed, sealGenesis } from './seal.ts'

/** Stroops: all lumens there ever are on a private network. */
export const totalCoins = 1_000_000_000_000_000_000n

/** sha256 of the passphrase: what makes a signature good for one network only. */
export const networkIdOf = (passphrase: string): Buffer => createHash('sha256').update(passphrase).digest()

/** Owner of all lumens at the genesis; its seed is the network's id, for everybody to see. */
export const rootKeypair = (passphrase: string): Keypair => Keypair.fromRawEd25519Seed(networkIdOf(passphrase))

/** The first ledger: the root account and nothing else. */
export const openGenesis = (options: StellarNetworkOptions, state: Parameters<typeof openScope>[0]): Sealed => {
  const { passphrase, genesisTime, genesisLedger = 1, baseFee = 100, baseReserve = 5_000_000, maxTxSetSize = 1_000 } = options
  const scope = openScope(state, genesisLedger)
  scope.put(newAccount(rootKeypair(passphrase).publicKey(), totalCoins, 0n))
  const changes = scope.changes()
  scope.commit()
  const { protocol } = cores[options.core ?? 'current']
  const header = { sequence: genesisLedger, closeTime: genesisTime, protocol, totalCoins, baseFee, baseReserve, maxTxSetSize }
  return sealGenesis(header, changes)
}
