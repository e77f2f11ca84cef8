import { AuthClawbackEnabledFlag, AuthRevocableFlag, Operation } from '@stellar/stellar-sdk'
import type { StellarBridge } from './stellar-bridge.ts'
import { stellarParty } from './stellar-party.ts'

/** The issuer freezes the treasury's dollars, or lets them go. */
export const freezeTreasury = async (bridge: StellarBridge, frozen: boolean): Promise<void> => {
  const { setup } = bridge
  const issuer = stellarParty(bridge, setup.issuer)
  const flags = (AuthRevocableFlag | AuthClawbackEnabledFlag) as typeof AuthRevocableFlag
  await issuer.send(
    ...(frozen ? [Operation.setOptions({ setFlags: flags })] : []),
    Operation.setTrustLineFlags({
      trustor: setup.treasury.publicKey(),
      asset: setup.assets.USDC!,
      flags: { authorized: !frozen },
    }),
    ...(frozen ? [] : [Operation.setOptions({ clearFlags: flags })]),
  )
}
