import { createHash } from 'node:crypto'
import { Asset, Operation, xdr } from '@stellar/stellar-sdk/base'
import { describe, expect, it } from 'vitest'
import type { JournalRecord } from './journal.ts'
import { openStellarNetwork } from './network.ts'
import { genesisTime, keypairOf, openWorld, passphrase, refusal, verdict } from './testing/world.ts'

const lumens = (destination: string, amount: string) => Operation.payment({ destination, asset: Asset.native(), amount })

describe('a ledger', () => {
  it('is named by the hash of its header, and names the one before', () => {
    const { network, close, person } = openWorld()
    person('alice')
    close()
    for (const [index, ledger] of network.ledgers.entries()) {
      expect(createHash('sha256').update(ledger.headerXdr, 'base64').digest('hex')).toBe(ledger.hash)
      const header = xdr.LedgerHeader.fromXdr(ledger.headerXdr, 'base64')
      expect(header.ledgerSeq).toBe(index + 1)
      expect(Number(header.scpValue.closeTime)).toBe(ledger.closeTime)
      if (index > 0) expect(ledger.previousHash).toBe(network.ledgers[index - 1]!.hash)
    }
    expect(network.bySequence(2)).toBe(network.ledgers[1])
    expect(network.bySequence(99)).toBeUndefined()
  })

  it('cannot close before the last one', () => {
    const { network } = openWorld()
    expect(() => network.close(genesisTime - 1)).toThrow()
    expect(() => network.close(genesisTime + 0.5)).toThrow()
    expect(network.close(genesisTime).sequence).toBe(2)
  })

  it('charges the base fee though more was offered, and keeps it in the pool', () => {
    const { network, root, run, person, account } = openWorld()
    const alice = person('alice', '10')
    const { feeCharged } = run({ source: alice, operations: [lumens(root.publicKey(), '1')], fee: 5_000 })
    expect(feeCharged).toBe(100n)
    expect(account(alice).balance).toBe(89_999_900n)
    expect(network.last().feePool).toBe(200n)
  })
})

describe('a failed transaction', () => {
  it('leaves nothing but its fee and its sequence number', () => {
    const { run, person, account } = openWorld()
    const alice = person('alice', '10')
    const bob = person('bob', '10')
    const { sequence } = account(alice)
    const told = run({
      source: alice,
      operations: [
        lumens(bob.publicKey(), '1'),
        Operation.manageData({ name: 'note', value: 'x' }),
        lumens(bob.publicKey(), '100'),
        lumens(bob.publicKey(), '1'),
      ],
    })
    expect(told).toEqual({
      code: 'txFailed',
      operations: ['paymentSuccess', 'manageDataSuccess', 'paymentUnderfunded', 'paymentSuccess'],
      feeCharged: 400n,
    })
    expect(account(alice)).toMatchObject({ balance: 99_999_600n, sequence: sequence + 1n, subentries: 0 })
    expect(account(bob).balance).toBe(100_000_000n)
  })

  it('uses up nothing when it is refused before it is queued', () => {
    const { network, submit, close, person, account } = openWorld()
    const alice = person('alice', '10')
    const before = account(alice)
    const answer = submit({ source: alice, operations: [lumens(alice.publicKey(), '1')], signers: [keypairOf('mallory')] })
    expect(refusal(answer)).toBe('txBadAuth')
    expect(close().transactions).toEqual([])
    expect(account(alice)).toBe(before)
    expect(network.pending()).toEqual([])
  })
})

describe('what this ledger does not emulate', () => {
  const offer = Operation.manageSellOffer({
    selling: Asset.native(),
    buying: new Asset('EUR', keypairOf('issuer').publicKey()),
    amount: '1',
    price: '1',
  })

  it('is refused, loudly', () => {
    const lines: string[] = []
    const { root, submit } = openWorld({ log: line => lines.push(line) })
    const answer = submit({ source: root, operations: [Operation.bumpSequence({ bumpTo: '1' }), offer] })
    expect(answer.status).toBe('ERROR')
    expect(verdict((answer as { resultXdr: string }).resultXdr)).toMatchObject({
      code: 'txFailed',
      operations: ['bumpSequenceSuccess', 'opNotSupported'],
    })
    expect(lines).toEqual([expect.stringContaining('does not support operation 1, manageSellOffer')])
  })

  it('is not said of what it does', () => {
    const lines: string[] = []
    openWorld({ log: line => lines.push(line) }).person('alice')
    expect(lines).toEqual([])
  })

  it('is an exception when it is no envelope', () => {
    expect(openWorld().network.submit('AAAA').status).toBe('EXCEPTION')
  })
})

describe('the journal', () => {
  it('leads again to the same ledgers, queue and bans', () => {
    const journal: JournalRecord[] = []
    const options = { passphrase, genesisTime, onRecord: (step: JournalRecord) => journal.push(step) }
    const { network, root, person, sign, submit, close } = openWorld(options)
    const alice = person('alice')
    const expiring = sign({
      source: alice,
      operations: [lumens(root.publicKey(), '1')],
      with: builder => builder.setTimebounds(0, genesisTime + 20),
    })
    network.submit(expiring)
    close(60)
    network.upgrade({ baseFee: 200, maxTxSetSize: 50 })
    close()
    const bob = person('bob')
    const lost = submit({ source: bob, operations: [lumens(root.publicKey(), '1')], fee: 300 })
    network.drop((lost as { hash: string }).hash)
    submit({ source: alice, operations: [lumens(root.publicKey(), '2')], fee: 300 })

    const again = openStellarNetwork({ passphrase, genesisTime, journal: JSON.parse(JSON.stringify(journal)) })
    expect(again.ledgers.map(({ hash }) => hash)).toEqual(network.ledgers.map(({ hash }) => hash))
    expect(again.state.accounts()).toEqual(network.state.accounts())
    expect(again.pending()).toEqual(network.pending())
    expect(again.submit(expiring).status).toBe('TRY_AGAIN_LATER')
    expect(again.close(genesisTime + 500).hash).toBe(network.close(genesisTime + 500).hash)
  })

  it('keeps only what comes after it', () => {
    const journal: JournalRecord[] = []
    openWorld({ onRecord: step => journal.push(step) }).person('alice')
    const more: JournalRecord[] = []
    const again = openStellarNetwork({ passphrase, genesisTime, journal, onRecord: step => more.push(step) })
    expect(more).toEqual([])
    again.close(genesisTime + 100)
    expect(more).toEqual([{ type: 'close', closeTime: genesisTime + 100 }])
  })
})

it('moves to new limits with the ledger after the vote', () => {
  const { network, root, run, close } = openWorld()
  network.upgrade({ baseFee: 250 })
  const cheap = { source: root, operations: [Operation.bumpSequence({ bumpTo: '0' })], fee: 100 }
  expect(run(cheap).code).toBe('txSuccess')
  expect(network.last().baseFee).toBe(250)
  expect(run(cheap)).toMatchObject({ code: 'refused txInsufficientFee', feeCharged: 250n })
  expect(close().baseFee).toBe(250)
})
