import { randomUUID } from 'node:crypto'
import { Asset, Memo, Operation, type Transaction, TransactionBuilder } from '@stellar/stellar-sdk'
import { type Address, encodeFunctionData, erc20Abi } from 'viem'
import type { DepositInstructions } from '../../bridge-service/src/chains/deposits.ts'
import type { ApiClient } from './api-client.ts'
import type { EvmParty } from './evm-party.ts'
import type { StellarParty } from './stellar-party.ts'

type InstructionsOf<K extends DepositInstructions['kind']> = Extract<DepositInstructions, { kind: K }>

/** What a customer's wallet is told of the deposit of a transfer; throws while none is expected on such a chain. */
export const depositInstructions = async <K extends DepositInstructions['kind']>(
  api: ApiClient,
  id: string,
  kind: K,
): Promise<InstructionsOf<K>> => {
  const { body } = await api.call<{ instructions: DepositInstructions | null }>('GET', `/v1/transfers/${id}/deposit`)
  if (body.instructions?.kind !== kind) throw new Error(`${id} expects no deposit on ${kind}: ${JSON.stringify(body)}`)
  return body.instructions as InstructionsOf<K>
}

/** Locks by himself. */
export const lockDeposit = async (party: EvmParty, { approve, lock }: InstructionsOf<'evm'>): Promise<void> => {
  await party.send(approve)
  await party.send(lock)
}

/** Transfers to the address of the deposit, what is asked or something else. */
export const transferDeposit = async (
  party: EvmParty,
  instructions: InstructionsOf<'evm_transfer'>,
  minor?: bigint,
): Promise<void> => {
  const { to, token, units } = instructions
  const args = [to as Address, minor ?? BigInt(units)] as const
  await party.send({ to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args }) })
}

/** Signs, and has us lock for him. */
export const signDeposit = async (api: ApiClient, party: EvmParty, id: string): Promise<void> => {
  const { authorization } = await depositInstructions(api, id, 'evm')
  if (authorization === null) throw new Error('the token knows no authorization')
  const body = { validBefore: Number(authorization.message.validBefore), signature: await party.sign(authorization) }
  const answer = await api.call('POST', `/v1/transfers/${id}/deposit`, { key: randomUUID(), body })
  if (answer.status !== 202) throw new Error(`the signature was answered with ${answer.status}: ${JSON.stringify(answer.body)}`)
}

/** Makes the claimable balance that we have prepared. */
export const leaveDeposit = (party: StellarParty, { balance }: InstructionsOf<'stellar'>): Promise<void> =>
  party.sendEnvelope(balance.envelope)

/** Makes it once more himself, at reserves of his own. */
export const leaveAgain = (party: StellarParty, { balance, payment }: InstructionsOf<'stellar'>): Promise<void> => {
  const envelope = TransactionBuilder.fromXdr(balance.envelope, party.passphrase) as Transaction
  const made = envelope.operations.find(operation => operation.type === 'createClaimableBalance')
  if (made === undefined) throw new Error('the envelope makes no balance')
  const { asset, amount, claimants } = made
  return party.sendWith(Memo.hash(payment.memoHash), [Operation.createClaimableBalance({ asset, amount, claimants })])
}

/** Pays, what is asked or something else. */
export const payDeposit = (
  party: StellarParty,
  { payment: { destination, asset, amount, memoHash } }: InstructionsOf<'stellar'>,
  instead = amount,
): Promise<void> => {
  const [code, issuer] = asset.split(':') as [string, string]
  return party.sendWith(Memo.hash(memoHash), [
    Operation.payment({ destination, asset: new Asset(code, issuer), amount: instead }),
  ])
}
