import { createHash } from 'node:crypto'
import { Asset, type Keypair, Operation, type Transaction, xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import { keypairOf, type Order, openWorld } from '../testing/world.ts'

const nothing = [Operation.bumpSequence({ bumpTo: '0' })]
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const pay = (to: Keypair, amount = '1') => Operation.payment({ destination: to.publicKey(), asset: Asset.native(), amount })

const people = () => {
  const world = openWorld()
  const alice = world.person('alice')
  /** Alice with one more signer. */
  const withSigner = (signer: object, weight = 1, thresholds: object = {}) =>
    world.run({ source: alice, operations: [Operation.setOptions({ signer: { ...signer, weight } as never, ...thresholds })] })
  /** Alice's order under signatures made by hand. */
  const under = (signatures: (transaction: Transaction) => xdr.DecoratedSignature[], order: Partial<Order> = {}) => {
    const transaction = world.build({ source: alice, operations: nothing, ...order })
    for (const signature of signatures(transaction)) transaction.addDecoratedSignature(signature)
    return world.run(transaction.toEnvelope().toXdr('base64'))
  }
  return { ...world, alice, withSigner, under }
}

describe('weights', () => {
  it('must reach low for the transaction, and the level of each operation', () => {
    const { alice, run } = people()
    const bob = keypairOf('bob')
    const carol = keypairOf('carol')
    const signers = [bob, carol].map(signer =>
      Operation.setOptions({ signer: { ed25519PublicKey: signer.publicKey(), weight: 1 } }),
    )
    expect(
      run({
        source: alice,
        operations: [...signers, Operation.setOptions({ lowThreshold: 1, medThreshold: 2, highThreshold: 3 })],
      }).code,
    ).toBe('txSuccess')
    const by = (operations: Order['operations'], ...signedBy: Keypair[]) => run({ source: alice, operations, signers: signedBy })
    expect(by(nothing, bob).code).toBe('txSuccess')
    expect(by([pay(alice)], bob)).toMatchObject({ code: 'refused txFailed', operations: ['opBadAuth'] })
    expect(by([pay(alice)], bob, carol).code).toBe('txSuccess')
    const high = [Operation.setOptions({ masterWeight: 0 })]
    expect(by(high, bob, carol)).toMatchObject({ code: 'refused txFailed', operations: ['opBadAuth'] })
    expect(by(high, alice, bob, carol).code).toBe('txSuccess')
    expect(by(nothing, alice).code).toBe('refused txBadAuth')
  })

  it('make a signature that nobody needs fatal, and the same one twice', () => {
    const { alice, run } = people()
    expect(run({ source: alice, operations: nothing, signers: [alice, keypairOf('bob')] }).code).toBe('refused txBadAuthExtra')
    expect(run({ source: alice, operations: nothing, signers: [alice, alice] }).code).toBe('refused txBadAuthExtra')
    expect(run({ source: alice, operations: nothing, signers: [] }).code).toBe('refused txBadAuth')
  })

  it('are asked again when applied: what was withdrawn meanwhile counts no more, yet fee and number are gone', () => {
    const { alice, person, submit, close, account, withSigner } = people()
    const bob = person('bob')
    withSigner({ ed25519PublicKey: bob.publicKey() })
    const { sequence } = account(bob)
    // Bob's transaction moves Alice's lumens; hers takes his signature away. Which is applied first the hashes decide.
    submit({
      source: bob,
      operations: [
        Operation.payment({ source: alice.publicKey(), destination: bob.publicKey(), asset: Asset.native(), amount: '1' }),
      ],
    })
    submit({ source: alice, operations: [Operation.setOptions({ signer: { ed25519PublicKey: bob.publicKey(), weight: 0 } })] })
    const ledger = close()
    const first = ledger.transactions[0]!.sourceAccount === bob.publicKey()
    expect(ledger.transactions.find(({ sourceAccount }) => sourceAccount === bob.publicKey())!.successful).toBe(first)
    expect(account(bob).sequence).toBe(sequence + 1n)
  })
})

describe('signers of other kinds', () => {
  it('hash-x: whoever shows the preimage', () => {
    const { withSigner, under } = people()
    const secret = Buffer.from('open sesame')
    const hash = sha256(secret)
    expect(withSigner({ sha256Hash: hash }).code).toBe('txSuccess')
    const shown = (preimage: Uint8Array) => () => [new xdr.DecoratedSignature({ hint: hash.subarray(-4), signature: preimage })]
    expect(under(shown(Buffer.from('open barley'))).code).toBe('refused txBadAuth')
    expect(under(shown(secret)).code).toBe('txSuccess')
  })

  it.each([1, 3, 4, 29, 64])('a signed payload of %i bytes, whose hint mixes key and payload', length => {
    const { withSigner, under } = people()
    const bob = keypairOf('bob')
    const payload = sha256(Buffer.from('payload')).subarray(0, Math.min(length, 32))
    const key = xdr.SignerKey.signerKeyTypeEd25519SignedPayload(
      new xdr.SignerKeyEd25519SignedPayload({
        ed25519: bob.rawPublicKey(),
        payload: Buffer.concat([payload, Buffer.alloc(Math.max(0, length - 32), 7)]),
      }),
    )
    const { payload: bytes } = (key as Extract<xdr.SignerKey, { type: 'signerKeyTypeEd25519SignedPayload' }>).ed25519SignedPayload
    expect(withSigner({ ed25519SignedPayload: strkeyOf(key) }).code).toBe('txSuccess')
    expect(under(transaction => [bob.signDecorated(transaction.hash())]).code).toBe('refused txBadAuth')
    expect(under(() => [bob.signPayloadDecorated(bytes)]).code).toBe('txSuccess')
  })

  it('a pre-authorized transaction, once: used up even when it fails', () => {
    const { alice, build, run, account, withSigner } = people()
    const { sequence } = account(alice)
    const later = build({ source: alice, operations: [pay(keypairOf('nobody'))], sequence: sequence + 2n })
    expect(withSigner({ preAuthTx: later.hash() }).code).toBe('txSuccess')
    expect(account(alice)).toMatchObject({ subentries: 1, sequence: sequence + 1n })
    expect(run(later.toEnvelope().toXdr('base64'))).toMatchObject({ code: 'txFailed', operations: ['paymentNoDestination'] })
    expect(account(alice)).toMatchObject({ subentries: 0, signers: [], sequence: sequence + 2n })
  })

  it('extra signers that the transaction asks for itself, all of them', () => {
    const { alice, run } = people()
    const [bob, carol] = [keypairOf('bob'), keypairOf('carol')]
    const order = {
      source: alice,
      operations: nothing,
      with: (builder: Parameters<NonNullable<Order['with']>>[0]) => builder.setExtraSigners([bob.publicKey(), carol.publicKey()]),
    }
    expect(run({ ...order, signers: [alice, bob] }).code).toBe('refused txBadAuth')
    expect(run({ ...order, signers: [alice, bob, carol] }).code).toBe('txSuccess')
    const twice = (builder: Parameters<NonNullable<Order['with']>>[0]) =>
      builder.setExtraSigners([bob.publicKey(), bob.publicKey()])
    expect(run({ ...order, with: twice, signers: [alice, bob] }).code).toBe('refused txMalformed')
  })
})

describe('the source of an operation', () => {
  it('need not exist yet when its key signed, but must when its turn comes', () => {
    const { alice, run } = people()
    const bob = keypairOf('bob')
    const born = Operation.createAccount({ destination: bob.publicKey(), startingBalance: '10' })
    const acts = Operation.manageData({ name: 'n', value: 'v', source: bob.publicKey() })
    expect(run({ source: alice, operations: [acts], signers: [alice] })).toMatchObject({
      code: 'refused txFailed',
      operations: ['opBadAuth'],
    })
    expect(run({ source: alice, operations: [acts], signers: [alice, bob] })).toMatchObject({
      code: 'txFailed',
      operations: ['opNoAccount'],
    })
    expect(run({ source: alice, operations: [born, acts], signers: [alice, bob] }).code).toBe('txSuccess')
  })
})

const strkeyOf = (key: xdr.SignerKey): string => key.toJson() as string
