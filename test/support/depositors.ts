import { parseUnits } from 'viem'
import {
  depositInstructions,
  leaveDeposit,
  lockDeposit,
  payDeposit,
  signDeposit,
  transferDeposit,
} from '../../scripts/local/depositor.ts'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { evmParty } from '../../scripts/local/evm-party.ts'
import { stellarParty } from '../../scripts/local/stellar-party.ts'
import type { Scenario } from './scenario.ts'

export type Depositors = Awaited<ReturnType<typeof startDepositors>>
export type Family = 'evm' | 'stellar'

/** Two customers with 10,000 test dollars each, Ada on the EVM chain and Grace on Stellar, and the ways in which they bring deposits. */
export const startDepositors = async ({ world, api }: Pick<Scenario, 'world' | 'api'>) => {
  const bridge = world.stellar
  if (bridge === undefined) throw new Error('this world has no Stellar network')
  const ada = evmParty(world, evmAccount(5))
  const grace = stellarParty(bridge)
  const opened = async () => {
    await grace.open()
    await grace.trust('USDC')
    await grace.fund('USDC', '10000')
  }
  await Promise.all([ada.fund(parseUnits('10000', 6)), opened()])

  const onEvm = (id: string) => depositInstructions(api, id, 'evm')
  const atAddress = (id: string) => depositInstructions(api, id, 'evm_transfer')
  const onStellar = (id: string) => depositInstructions(api, id, 'stellar')
  return {
    ...{ ada, grace, onEvm, atAddress, onStellar },
    /** As a transfer names them. */
    legs: {
      evm: { type: 'chain_address', chain: world.chain, address: ada.address },
      transfer: { type: 'chain_address', chain: world.chain, address: ada.address, depositBy: 'transfer' },
      stellar: { type: 'chain_address', chain: bridge.chain, address: grace.address },
    },
    /** How a transfer's customer brings what it waits for. */
    bring: {
      locked: async (id: string): Promise<void> => lockDeposit(ada, await onEvm(id)),
      signed: (id: string): Promise<void> => signDeposit(api, ada, id),
      transferred: async (id: string): Promise<void> => transferDeposit(ada, await atAddress(id)),
      left: async (id: string): Promise<void> => leaveDeposit(grace, await onStellar(id)),
      paid: async (id: string): Promise<void> => payDeposit(grace, await onStellar(id)),
    },
    /** What both hold, in units of seven decimals. */
    holdings: async (): Promise<Record<Family, bigint>> => ({
      evm: (await ada.holds()) * 10n,
      stellar: BigInt((await grace.holds('USDC'))!.replace('.', '')),
    }),
  }
}
