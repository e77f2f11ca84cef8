import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { type Address, erc20Abi, getAddress, type Hex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { BridgeError } from '../../errors.ts'
import type { Currency } from '../../money/currency.ts'
import type { Chain, HoldTerms } from '../chain.ts'
import type { ChainDeposits } from '../deposits.ts'
import { parseEvmAddress } from './address.ts'
import { callOf } from './call.ts'
import type { EvmConfig } from './config.ts'
import type { EvmContext } from './context.ts'
import { evmDepositAddresses } from './deposit-addresses.ts'
import { escrowId, evmTerms } from './escrow-id.ts'
import { unavailable } from './failure.ts'
import { finding } from './find.ts'
import { mintRights, supplyOf } from './issuer.ts'
import { nonceLanes } from './lanes.ts'
import { placing } from './place.ts'
import { prepareDeposit } from './prepare-deposit.ts'
import { evmRpc } from './rpc.ts'
import { signVersion } from './sign.ts'
import { problemOfSigned, signedLockCall } from './signed-lock.ts'
import { submitting } from './submit.ts'
import { tending } from './tend.ts'
import { type TokenSigning, tokenSigning } from './token-signing.ts'
import { txStore } from './tx-store.ts'
import { wayBackOf } from './way-back.ts'

/**
 * An EVM chain behind the port `Chain`: nonces from our database, every signature stored before it is sent, fates from the chain. Any
 * number of these may work on the same database and keys. Throws `config_invalid`.
 */
export const evmChain = (config: EvmConfig, pool: Pool): Chain => {
  const chainId = chainIdOf(config.id)
  const treasury = accountOf(config.treasuryKey, 'treasuryKey')
  const operator = accountOf(config.operatorKey, 'operatorKey')
  const accounts = new Map<Hex, PrivateKeyAccount>([treasury, operator].map(account => [account.address, account]))
  const escrow = getAddress(config.escrow)
  const tokens = new Map(
    Object.entries(config.tokens).map(([currency, { address }]) => [currency as Currency, getAddress(address)]),
  )
  const tokenOf = (currency: Currency): Address => {
    const token = tokens.get(currency)
    if (!token) throw new BridgeError('asset_unknown', { asset: currency, chain: config.id })
    return token
  }

  const now = config.now ?? Date.now
  const rpc = evmRpc(config.rpcUrl, config.rpcTimeoutMs ?? 10_000)
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
    store: txStore(pool, config.id),
    lanes: nonceLanes(pool, config.id, randomUUID()),
    sign: (tx, fees, head) =>
      signVersion(accounts.get(tx.sender)!, chainId, tx, {
        version: tx.versions.length,
        fees,
        signedAtMs: now(),
        signedHead: head,
      }),
    verifyChain,
    now,
    notify: config.notify ?? (() => {}),
    checkpoint: async name => config.checkpoint?.(name),
  }

  const submitters = new Map([...accounts.keys()].map(sender => [sender, submitting(context, placing(context, sender))]))
  const tendLane = tending(context)
  const tendAll = async () => {
    await verifyChain()
    const turns = await Promise.allSettled([...accounts.keys()].map(tendLane))
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
      ...{ operator: operator.address, submit: call => submitters.get(call.sender)!(call) },
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
      const call = signedLockCall(key, contractTerms(terms), signed, { operator: operator.address, escrow })
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
    treasury: treasury.address,
    escrow,
    escrowId: idOf,
    parseAddress: text => parseEvmAddress(text, [escrow, ...(depositsAt ? [depositsAt] : []), ...tokens.values()]),
    supports: currency => tokens.has(currency),
    submit: async order => {
      const token = tokenOf(order.terms.currency)
      const call = callOf(order, { treasury: treasury.address, operator: operator.address, escrow, token })
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
    mintRights: currency => mintRights(rpc, { token: tokenOf(currency), escrow, minter: treasury.address }),
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

/** The key itself must never reach a log, so neither does what the library says about it. */
const accountOf = (key: Hex, setting: string): PrivateKeyAccount => {
  try {
    return privateKeyToAccount(key)
  } catch {
    throw new BridgeError('config_invalid', { setting })
  }
}
