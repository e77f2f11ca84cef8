import { buildModule } from '@nomicfoundation/hardhat-ignition/modules'
import { parseUnits } from 'viem'
import { type DeployConfig, type DeployToken, limitsOf } from './config.ts'

/**
 * Everything that a configuration asks for, as an Ignition module: journaled, so that an interrupted deployment goes on where it stopped.
 * All roles go to their holders in the constructors; the deployer never has any. A settlement token comes after the escrow, which it must
 * trust, and is listed by whoever is admin: by the deployer in the same run only if he is that admin.
 */
export const deploymentModule = (config: DeployConfig, deployerIsAdmin: boolean) =>
  buildModule('Causeway', m => {
    const escrow = m.contract('Escrow', [escrowSetup(config)])
    const depositAddresses = m.contract('DepositAddresses', [escrow])
    const settlementTokens = config.tokens.flatMap(token => {
      if (token.kind === 'existing') return []
      const contract = m.contract('SettlementToken', [settlementSetup(config, token, escrow)], { id: `Token_${token.currency}` })
      if (deployerIsAdmin) m.call(escrow, 'listToken', [contract, limitsOf(token)], { id: `List_${token.currency}` })
      return [[token.currency, contract] as const]
    })
    return { escrow, depositAddresses, ...Object.fromEntries(settlementTokens) }
  })

/** As the constructor of Escrow takes it. */
export const escrowSetup = (config: DeployConfig) => ({
  ...{ admin: config.admin, adminDelay: config.adminDelay, limitsDelay: config.limitsDelay },
  ...{ operators: config.operators, guardians: config.guardians, limiters: config.limiters, attesters: config.attesters },
  listings: config.tokens.flatMap(token =>
    token.kind === 'existing' ? [{ token: token.address, limits: limitsOf(token) }] : [],
  ),
})

export type SettlementTokenConfig = Extract<DeployToken, { kind: 'settlement' }>

/** As the constructor of SettlementToken takes it. */
export const settlementSetup = <Escrow>(config: DeployConfig, token: SettlementTokenConfig, escrow: Escrow) => ({
  ...{ name: token.name, symbol: token.symbol },
  ...{ admin: config.admin, adminDelay: config.adminDelay, limitsDelay: config.limitsDelay },
  ...{ escrows: [escrow], limiters: token.limiters, pausers: token.pausers },
  minters: token.minters.map(minter => ({ account: minter.account, limits: minterLimitsOf(minter) })),
})

/** As the contract takes them, in minor units. */
export const minterLimitsOf = ({ perTransaction, capacity, refillPerDay }: SettlementTokenConfig['minters'][number]) => ({
  ...{ perTransaction: parseUnits(perTransaction, 6), capacity: parseUnits(capacity, 6) },
  refillPerDay: parseUnits(refillPerDay, 6),
})
