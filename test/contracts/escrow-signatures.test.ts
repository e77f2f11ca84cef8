import { type Hex, parseSignature, parseUnits } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeEach, expect, test } from 'vitest'
import { evmAccount } from '../../scripts/local/evm-accounts.ts'
import { eip712Domain } from '../support/eip712-domain.ts'
import { addressOf, escrowChain, refusal } from '../support/escrow-chain.ts'

// What attesters and customers sign, as a wallet does it: types from the documentation, the domain from the chain (EIP-5267).
const attestationTypes = {
  ReleaseAttestation: [
    { name: 'escrowId', type: 'bytes32' },
    { name: 'validUntil', type: 'uint64' },
  ],
} as const
const redirectTypes = {
  Redirect: [
    { name: 'token', type: 'address' },
    { name: 'owner', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const
const authorizationTypes = {
  ReceiveWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

let w: Awaited<ReturnType<typeof escrowChain>>
beforeEach(async () => {
  w = await escrowChain()
})

const domainOf = (contract: { address: Hex }) => eip712Domain(w.client, contract.address)
const customer = privateKeyToAccount(evmAccount(3).key)

const lockLarge = async () => {
  const terms = w.terms({ amount: parseUnits('5000', 6) })
  await w.treasury.writeContract({ ...w.escrow, functionName: 'lock', args: [terms] })
  return terms
}
const attest = async (key: Hex, escrowId: Hex, validUntil: bigint) => {
  const account = privateKeyToAccount(key)
  const message = { escrowId, validUntil }
  const signature = await account.signTypedData({
    domain: await domainOf(w.escrow),
    types: attestationTypes,
    primaryType: 'ReleaseAttestation',
    message,
  })
  return { attester: account.address, validUntil, signature }
}

test('two attesters release what the operator alone may not', async () => {
  const terms = await lockLarge()
  const alone = w.operator.writeContract({ ...w.escrow, functionName: 'release', args: [terms] })
  expect(await refusal(alone)).toMatchObject({
    errorName: 'AttestationsRequired',
    args: [w.idOf(terms), w.limits.attestationThreshold],
  })
  const attestations = await Promise.all(w.attesters.map(({ key }) => attest(key, w.idOf(terms), terms.refundAfter)))
  const release = (given: typeof attestations) =>
    w.operator.writeContract({ ...w.escrow, functionName: 'releaseAttested', args: [terms, given] })
  expect(await refusal(release(attestations.slice(0, 1)))).toMatchObject({ errorName: 'TooFewAttestations', args: [1n, 2] })
  expect(await refusal(release(attestations.toReversed()))).toMatchObject({ errorName: 'AttestersNotAscending' })
  await release(attestations)
  expect(await w.statusOf(terms)).toBe(2)
})

test('an attestation of another escrow is refused', async () => {
  const terms = await lockLarge()
  const other = w.idOf(w.terms({ amount: 1n }))
  const attestations = await Promise.all(
    w.attesters.map(({ key }, i) => attest(key, i === 0 ? w.idOf(terms) : other, terms.refundAfter)),
  )
  const attempt = w.operator.writeContract({ ...w.escrow, functionName: 'releaseAttested', args: [terms, attestations] })
  expect(await refusal(attempt)).toMatchObject({ errorName: 'AttestationInvalid', args: [attestations[1]!.attester] })
})

test('a denied customer redirects his credit by a signature that a stranger sends', async () => {
  const terms = w.terms({ payee: customer.address })
  const to = addressOf(w.stranger)
  await w.treasury.writeContract({ ...w.escrow, functionName: 'lock', args: [terms] })
  await w.admin.writeContract({ ...w.token, functionName: 'setDenied', args: [customer.address, true] })
  await w.operator.writeContract({ ...w.escrow, functionName: 'release', args: [terms] })
  const nonce = await w.client.readContract({ ...w.escrow, functionName: 'nonces', args: [customer.address] })
  const deadline = terms.hardDeadline
  const message = { token: w.token.address, owner: customer.address, to, nonce, deadline }
  const signature = await customer.signTypedData({
    domain: await domainOf(w.escrow),
    types: redirectTypes,
    primaryType: 'Redirect',
    message,
  })
  const claimTo = (account: Hex) =>
    w.stranger.writeContract({
      ...w.escrow,
      functionName: 'claimTo',
      args: [w.token.address, customer.address, account, deadline, signature],
    })
  expect(await refusal(claimTo(addressOf(w.operator)))).toMatchObject({ errorName: 'RedirectInvalid', args: [customer.address] })
  const [log] = await w.logs(claimTo(to))
  expect(log).toMatchObject({ eventName: 'CreditClaimed', args: { owner: customer.address, to, amount: terms.amount } })
  expect(await w.balanceOf(to)).toBe(terms.amount)
})

test('a customer without gas locks by an authorization whose nonce is the id', async () => {
  const terms = w.terms({ payer: customer.address, payee: addressOf(w.treasury) })
  const message = {
    from: customer.address,
    to: w.escrow.address,
    value: terms.amount,
    validAfter: 0n,
    validBefore: terms.refundAfter,
    nonce: w.idOf(terms),
  }
  const domain = await domainOf(w.token)
  const signed = await customer.signTypedData({
    domain,
    types: authorizationTypes,
    primaryType: 'ReceiveWithAuthorization',
    message,
  })
  const { r, s, v } = parseSignature(signed)
  const send = (of: typeof terms) =>
    w.stranger.writeContract({
      ...w.escrow,
      functionName: 'lockWithAuthorization',
      args: [of, 0n, terms.refundAfter, Number(v), r, s],
    })
  await expect(send({ ...terms, payee: addressOf(w.stranger) })).rejects.toThrow()
  expect(await w.statusOf({ ...terms, payee: addressOf(w.stranger) })).toBe(0)
  await send(terms)
  expect(await w.statusOf(terms)).toBe(1)
})
