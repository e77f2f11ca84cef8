import { type Address, erc20Abi, getAddress, type Hex } from 'viem'
import { BridgeError } from '../../errors.ts'
import type { Currency } from '../../money/currency.ts'
import { machineTiming } from '../../timing.ts'
import type { Chain, HoldTerms } from '../chain.ts'
import type { ChainDeposits } from '../deposits.ts'
import { parseEvmAddress } from './address.ts'
import { callOf } from './call.ts'
import type { SenderConfig } from './config.ts'
import type { EvmContext } from './context.ts'
import { evmDepositAddresses } from './deposit-addresses.ts'
import { escrowId, evmTerms } from './escrow-id.ts'
import { unavailable } from './failure.ts'
import { finding } from './find.ts'
import { mintRights, supplyOf } from './issuer.ts'
import type { EvmKeys } from './keys.ts'
import type { Lanes } from './lanes.ts'
import { placing } from './place.ts'
import { prepareDeposit } from './prepare-deposit.ts'
import type { Rpc } from './rpc.ts'
import { signVersion } from './sign.ts'
import { problemOfSigned, signedLockCall } from './signed-lock.ts'
import { submitting } from './submit.ts'
import { tending } from './tend.ts'
import { type TokenSigning, tokenSigning } from './token-signing.ts'
import type { TxStore } from './tx-store.ts'
import { wayBackOf } from './way-back.ts'

/** What a sender stands on: what is kept of its transactions, a node, and keys. */
export type EvmPorts = {
  readonly store: TxStore
  readonly lanes: Lanes
  readonly rpc: Rpc
  readonly keys: EvmKeys
}

/**
 * An EVM chain behind the port `Chain`: nonces from what is kept, every signature kept before it is sent, fates from the chain. Any number of
 * these may work on the same store and keys. Throws `config_invalid`.
 */
export const evmSender = (config: SenderConfig, { store, lanes, rpc, keys }: EvmPorts): Chain => {
  const chainId = chainIdOf(config.id)
  const { treasury, operator } = keys
  const timing = config.timing ?? machineTiming
  const escrow = getAddress(config.escrow)
  const tokens = new Map(
    Object.entries(config.tokens).map(([currency, { address }]) => [currency as Currency, getAddress(address)]),
  )
  const tokenOf = (currency: Currency): Address => {
    const token = tokens.get(currency)
    if (!token) throw new BridgeError('asset_unknown', { asset: currency, chain: config.id })
    return token
  }

  // A node of another chain would answer all that is asked, and wrongly.
  let verified: Promise<void> | undefined
  const verifyChain = () => {
    verified ??= rpc.chainId().then(actual => {
      if (actual !== chainId) throw new BridgeError('config_invalid', { chain: config.id, nodeChainId: actual })
    })
    return verified.catch(error => {
      verified = undefined
      throw error
    })
  }

  const context: EvmContext = {
    settings: config,
    rpc,
    store,
    lanes,
    sign: (tx, fees, head) =>
      signVersion(keys, chainId, tx, { version: tx.versions.length, fees, signedAtMs: timing.nowMs(), signedHead: head }),
    verifyChain,
    timing,
    notify: config.notify ?? (() => {}),
    checkpoint: async name => config.checkpoint?.(name),
  }

  const submitters = new Map([treasury, operator].map(sender => [sender, submitting(context, placing(context, sender))]))
  const tendLane = tending(context)
  const tendAll = async () => {
    await verifyChain()
    const turns = await Promise.allSettled([treasury, operator].map(tendLane))
    for (const turn of turns) if (turn.status === 'rejected') throw turn.reason
  }
  let turn: Promise<void> | undefined

  const contractTerms = (terms: HoldTerms) => evmTerms(terms, tokenOf(terms.currency))
  const idOf = (terms: HoldTerms): Hex => escrowId({ chainId, escrow, terms: contractTerms(terms) })
  // What a token is able to does not change, or only together with its address.
  const signings = new Map<Address, TokenSigning | undefined>()
  const signingOf = async (token: Address): Promise<TokenSigning | undefined> => {
    if (!signings.has(token)) signings.set(token, await tokenSigning(rpc, token, chainId))
    return signings.get(token)
  }
  const depositsAt = config.depositAddresses === undefined ? undefined : getAddress(config.depositAddresses)
  const atAddress =
    depositsAt &&
    evmDepositAddresses({
      ...{ rpc, chainId, contract: depositsAt, tokens: [...tokens.values()], contractTerms, idOf, verifyChain },
      ...{ operator, submit: call => submitters.get(call.sender)!(call) },
    })
  const deposits: ChainDeposits = {
    ids: terms => [idOf(terms)],
    prepare: async (terms, dueAt) => {
      await verifyChain()
      const signing = await signingOf(tokenOf(terms.currency))
      return prepareDeposit({ rpc, escrow, id: idOf(terms), terms: contractTerms(terms), signing, dueAt })
    },
    checkSigned: async (terms, signed, nowSec) => {
      await verifyChain()
      const signing = await signingOf(tokenOf(terms.currency))
      return problemOfSigned(signed, { escrow, id: idOf(terms), terms: contractTerms(terms), signing, nowSec })
    },
    lockSigned: async (key, terms, signed) => {
      const call = signedLockCall(key, contractTerms(terms), signed, { operator, escrow })
      return submitters.get(call.sender)!(call)
    },
    wayBack: money => (atAddress && money.address ? atAddress.wayBack(money.address, money) : wayBackOf(rpc, escrow, money)),
    ...(atAddress
      ? {
          addresses: atAddress.addresses,
          giveBack: (key, money) => {
            // A lock is its payer's to take back, and is never ordered.
            if (money.address === null) throw new BridgeError('internal', { reason: 'no deposit address', fact: money.fact })
            return atAddress.giveBack(key, money.address, money)
          },
        }
      : {}),
  }

  return {
    id: config.id,
    treasury,
    escrow,
    escrowId: idOf,
    parseAddress: text => parseEvmAddress(text, [escrow, ...(depositsAt ? [depositsAt] : []), ...tokens.values()]),
    supports: currency => tokens.has(currency),
    submit: async order => {
      const token = tokenOf(order.terms.currency)
      const call = callOf(order, { treasury, operator, escrow, token })
      return submitters.get(call.sender)!(call)
    },
    find: finding(context),
    deposits,
    tend: () => {
      // Two turns of one worker at once would only get in each other's way.
      turn ??= tendAll().finally(() => {
        turn = undefined
      })
      return turn
    },
    tokenAddress: tokenOf,
    committedBy: 'escrow',
    mintPayer: tokenOf,
    unitsPerMinor: () => 1n,
    mintRights: currency => mintRights(rpc, { token: tokenOf(currency), escrow, minter: treasury }),
    supplyOf: currency => supplyOf(rpc, tokenOf(currency)),
    balanceOf: async (currency, address) => {
      const request = {
        address: tokenOf(currency),
        abi: erc20Abi,
        functionName: 'balanceOf',
        args: [getAddress(address)],
      } as const
      try {
        return (await rpc.client.readContract(request)).toString()
      } catch (error) {
        throw unavailable(error)
      }
    },
  }
}

const chainIdOf = (id: string): number => {
  const reference = /^evm:([1-9][0-9]{0,14})$/.exec(id)?.[1]
  if (!reference) throw new BridgeError('config_invalid', { setting: 'id', value: id })
  return Number(reference)
}
