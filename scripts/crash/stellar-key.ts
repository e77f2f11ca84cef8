import { Keypair } from '@stellar/stellar-sdk'
import { type Hex, hexToBytes } from 'viem'

/** The key pair that 32 bytes give. */
export const stellarKeyOf = (seed: Hex): Keypair => Keypair.fromRawEd25519Seed(hexToBytes(seed) as Buffer)
