import { createHash } from 'node:crypto'
import { Keypair } from '@stellar/stellar-sdk/base'

/** Stroops: all lumens there ever are on a private network. */
export const totalCoins = 1_000_000_000_000_000_000n

/** sha256 of the passphrase: what makes a signature good for one network only. */
export const networkIdOf = (passphrase: string): Buffer => createHash('sha256').update(passphrase).digest()

/** Owner of all lumens at the genesis; its seed is the network's id, for everybody to see. */
export const rootKeypair = (passphrase: string): Keypair => Keypair.fromRawEd25519Seed(networkIdOf(passphrase))
