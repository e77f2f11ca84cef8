/** Every call that a process makes to the outside, by name: it may die before it has asked, and after it was done. */
const calls = [
  'store.begin',
  'store.commit',
  'store.loadTransfers',
  'store.loadPools',
  'store.lockPools',
  'store.shareVersions',
  'store.commitSteps',
  'store.claimFacts',
  'store.consumeFacts',
  'store.claimKeys',
  'store.takeQuotes',
  'store.limitExposure',
  'store.storedAnswers',
  'store.claimIntents',
  'store.postponeIntent',
  'store.holdsIntent',
  'store.dueTimers',
  'store.parkedSubjects',
  'store.takeInHand',
  'store.putDown',
  'store.databaseTimeMs',
  'store.finalFacts',
  'rail.submit',
  'rail.query',
  'rail.cancel',
  'rail.entries',
  'chain.submit',
  'chain.find',
  'chain.tend',
  'chain.look',
  'node.ask',
  'node.send',
  'store.evmAllocate',
  'store.evmRefuse',
  'store.evmHold',
  'store.evmRead',
  'store.evmStoreFirst',
  'store.evmStoreFenced',
  'store.evmRecord',
  'horizon.ask',
  'horizon.send',
  'store.stellarRead',
  'store.stellarTake',
  'store.stellarHoldBusy',
  'store.stellarRelease',
  'store.stellarBegin',
  'store.stellarBump',
  'store.stellarDoubt',
  'store.stellarEnd',
  'store.stellarRefuse',
  'deposits.openCases',
  'deposits.claimCases',
  'deposits.settleCase',
  'deposits.orderReturn',
  'deposits.claimOrders',
  'deposits.postponeOrder',
  'deposits.endOrder',
  'addresses.claimWatched',
  'addresses.act',
  'addresses.keepSeen',
  'statements.cursorOf',
  'statements.keepPage',
  'refunds.open',
  'refunds.claim',
  'refunds.complete',
  'operators.ask',
  'operators.decide',
  'screening.check',
  'inbox.keepWebhook',
  'inbox.keepCommand',
  'indexer.commit',
  'indexer.obey',
] as const

type CommonCall = (typeof calls)[number]
/** And some that a healthy world hardly ever makes. Nobody dies there, for it could not be asked that it happens. */
export type CrashPoint =
  | CommonCall
  | 'store.parkTransfer'
  | 'store.moveTimer'
  | 'store.rollback'
  | 'deposits.failOrder'
  | 'refunds.fail'

const named = [
  // The bank.
  ['bank: the answer to an order is lost after it was taken', 0.3],
  ['bank: an order is lost on its way', 0.3],
  ['bank: an order arrives long after its sender gave up', 0.2],
  ['bank: answers with a server error before it takes an order', 0.3],
  ['bank: answers with a server error after it has taken an order', 0.2],
  ['bank: takes longer to answer than a lease lasts', 0.15],
  ['bank: refuses an order at once', 0.1],
  ['bank: rejects an order later', 0.15],
  ['bank: settles late', 0.3],
  ['bank: settles what it has rejected', 0.5],
  ['bank: takes a debit back before the release', 0.15],
  ['bank: takes a debit back after the release', 0.15],
  ['bank: takes a debit back while it is asked to pay', 0.5],
  ['bank: takes a return back', 0.5],
  ['bank: is asked by the payer to recall a debit', 0.2],
  ['bank: sends a credit back', 0.3],
  ['bank: takes the return of a credit back', 0.3],
  ['bank: does not find what it has just taken', 0.3],
  ['bank: does not answer a question', 0.3],
  ['bank: shows the status of a while ago', 0.3],
  ['bank: answers with another order', 0.1],
  ['bank: is down for a while', 0.05],
  ['bank: is silent about an order until its key is forgotten', 0.15],
  ['bank: its adapter throws', 0.15],
  ['bank: only its statement tells what becomes of an order', 0.3],
  // Its statement.
  ['statement: cannot be read', 0.2],
  ['statement: shows a line late', 0.3],
  ['statement: a page is served again', 0.3],
  ['statement: has a line that no order explains', 0.2],
  ['statement: takes a fee under the name of an order', 0.1],
  // Its webhooks.
  ['webhook: is lost', 0.3],
  ['webhook: comes twice', 0.3],
  ['webhook: comes again under another id', 0.2],
  ['webhook: is overtaken by later ones', 0.3],
  ['webhook: comes long after', 0.2],
  ['webhook: is forged', 0.3],
  ['webhook: is about nobody', 0.2],
  // Chains of both kinds.
  ['chain: does not answer a submission', 0.3],
  ['chain: the answer to a submission is lost', 0.3],
  ['chain: a submission is stored and not sent', 0.3],
  ['chain: simulates on an old state', 0.2],
  ['chain: does not answer a question', 0.3],
  ['chain: answers from an old state', 0.3],
  ['chain: says done of what is only under way', 0.3],
  ['chain: stands still', 0.02],
  ['chain: is paused', 0.02],
  ['chain: a fee spike keeps everything waiting', 0.03],
  ['chain: two workers submit one order at once', 0.3],
  ['chain: the treasury is empty for a while', 0.02],
  ['chain: refuses to pay the payee for a while', 0.15],
  // EVM.
  ['evm: a shallow reorg', 0.06],
  ['evm: a reorg as deep as may be', 0.03],
  ['evm: a reorg undoes what was final', 0.003],
  ['evm: a reorg drops transactions', 0.8],
  ['evm: a reorg mines transactions in another order', 0.5],
  ['evm: the pool forgets a transaction', 0.1],
  ['evm: a stuck transaction is replaced', 0.1],
  ['evm: a stranger refunds at the soft deadline', 0.8],
  ['evm: a stranger locks dust under our ref', 0.3],
  ['evm: a worker submits an order again long after', 0.3],
  ['evm: the base fee rises many times over', 0.02],
  ['evm: miners want more than nodes tell', 0.02],
  ['evm: a node does not answer', 0.1],
  ['evm: a node takes longer to answer than a lease lasts', 0.01],
  ['evm: a node lags behind', 0.2],
  ['evm: a node serves another chain', 0.3],
  ['evm: a node shows a receipt of a block that is no more', 0.5],
  ['evm: a node refuses a transaction for reasons of its own', 0.3],
  ['evm: a node takes a transaction and forgets it', 0.3],
  ['evm: a node says that a number is used which is not', 0.3],
  ['evm: a node takes no transaction over a gap', 0.5],
  ['evm: the answer to a transaction is lost after it was taken', 0.3],
  // Customers who sell what they have on a chain.
  ['deposit: never comes', 0.2],
  ['deposit: comes late', 0.3],
  ['deposit: is of another amount first', 0.3],
  ['deposit: is of another asset first', 0.3],
  ['deposit: is on other terms first', 0.3],
  ['deposit: names nobody', 0.3],
  ['evm: a deposit is signed for us to lock', 0.5],
  ['evm: a deposit is signed for us, and locked by its owner', 0.3],
  // Deposit addresses on EVM chains.
  ['evm: a deposit address is sent too little', 0.3],
  ['evm: a deposit address is sent its deposit in two parts', 0.3],
  ['evm: a deposit address is sent too much', 0.3],
  ['evm: a deposit address is sent its deposit twice', 0.3],
  ['evm: a deposit address is sent something when all is over', 0.3],
  ['evm: somebody else locks what lies at a deposit address', 0.5],
  ['evm: somebody else sends back what lies at a deposit address', 0.5],
  ['evm: its owner takes back what lies at a deposit address', 0.3],
  ['evm: the token does not pay the owner of a deposit address for a while', 0.5],
  ['evm: a reorg takes back what was brought to an address', 0.3],
  ['evm: a reorg takes back what was brought to an address and locked', 0.3],
  // Stellar.
  ['stellar: the payee has no trustline', 0.5],
  ['stellar: the issuer claws a hold back', 0.1],
  ['stellar: a deposit comes twice', 0.3],
  ['stellar: the issuer claws a deposit back', 0.1],
  ['stellar: a customer cannot be paid back for a while', 0.3],
  ['stellar: no channel is free', 0.3],
  ['stellar: an envelope expires', 0.2],
  ['stellar: a delivery is never collected', 0.7],
  ['stellar: a ledger closes late', 0.02],
  ['stellar: a worker submits an order again long after', 0.3],
  ['stellar: ledgers charge many times over', 0.02],
  ['stellar: horizon does not answer', 0.1],
  ['stellar: horizon is asked too often', 0.1],
  ['stellar: horizon takes longer to answer than a lease lasts', 0.01],
  ['stellar: horizon lags behind', 0.2],
  ['stellar: horizon serves another network', 0.3],
  ['stellar: horizon tells the fees of before', 0.3],
  ['stellar: a submission is lost on its way', 0.3],
  ['stellar: the answer to a submission is lost after it was taken', 0.3],
  ['stellar: core has no room for a transaction', 0.3],
  ['stellar: a submission comes to core once more, later', 0.3],
  ['stellar: a trustline is gone before it is paid', 0.3],
  ['stellar: the key of a channel is used elsewhere', 0.1],
  ['stellar: a stranger pays a higher fee around a transaction', 0.3],
  ['stellar: the sponsor runs out of lumens', 0.3],
  // The indexer.
  ['indexer: falls behind', 0.05],
  ['indexer: tells the same again', 0.2],
  ['indexer: tells in any order', 0.4],
  ['indexer: halts the chain for a while', 0.02],
  // The database.
  ['database: a serialization failure', 0.04],
  ['database: somebody else is quicker at a pool', 0.9],
  ['database: a connection is lost before a statement is done', 0.02],
  ['database: a connection is lost after a statement was done', 0.02],
  ['database: restarts', 0.002],
  ['database: is slow', 0.02],
  // Workers are looked at every five seconds.
  ['worker: freezes past its lease', 0.01],
  ['worker: is killed from outside', 0.01],
  ['worker: its clock is ahead', 0.5],
  ['worker: its clock is behind', 0.5],
  // Whoever uses us.
  ['client: posts twice at once', 0.4],
  ['client: posts again with another body', 0.4],
  ['client: gives up waiting and asks again', 0.3],
  ['client: cancels at any time', 0.5],
  ['client: is on the deny list', 0.3],
  ['client: orders more than there is', 0.5],
  // Payments back, beside a transfer.
  ['refund: is sent back by the bank of whom it pays', 0.3],
  ['refund: two are asked for at once', 0.5],
  ['refund: its payer takes his debit back meanwhile', 0.2],
  // Our own money, from one bank of ours to another.
  ['rebalance: is returned on its way', 0.3],
  ['rebalance: arrives before it has left', 0.3],
  ['rebalance: arrives, and no statement shows it for long', 0.3],
  ['rebalance: is sent back after it has arrived', 0.3],
  // Persons who end what the machine has left to them.
  ['resolution: its evidence is wrong', 0.4],
  ['resolution: one person wants to be both', 0.3],
  ['resolution: two persons explain one line', 0.5],
  // What customers owe, and what comes of it.
  ['settlement: two persons settle one debt', 0.5],
  ['settlement: is of more than is owed', 0.4],
  ['settlement: is rejected', 0.5],
  ['settlement: nobody approves it in time', 0.4],
  ['settlement: the bank takes the return back meanwhile', 0.4],
  // What operators say of a halted chain.
  ['halt: operators name the wrong branch', 0.3],
  ['halt: two persons let one chain go on', 0.3],
  ['halt: a request to go on is rejected', 0.3],
  ['halt: nobody approves in time that a chain goes on', 0.3],
  ['halt: somebody lets a chain go on that has gone on', 0.9],
  // Who works here.
  ['operator: retries', 0.2],
  ['operator: forces a compensation', 0.05],
  ['operator: lets a bank or a chain stand still', 0.03],
  ['screening: does not answer', 0.3],
  ['screening: throws', 0.2],
] as const satisfies readonly (readonly [string, number])[]

export type FaultName = (typeof named)[number][0] | `crash ${'before' | 'after'} ${CrashPoint}`

type Crashes = { readonly before: `crash before ${CrashPoint}`; readonly after: `crash after ${CrashPoint}` }

const crashes = new Map<CrashPoint, Crashes>()

/** The two ways to die at a call. Kept, because they are looked up at every call and a string that was just made is hashed anew. */
export const crashesAt = (point: CrashPoint): Crashes => {
  const known = crashes.get(point)
  if (known !== undefined) return known
  const made: Crashes = { before: `crash before ${point}`, after: `crash after ${point}` }
  crashes.set(point, made)
  return made
}

/** What shows only where something else goes wrong. A world that draws it draws that, too: both by chance are too rare for luck to be ruled out. */
const companions: Partial<Record<FaultName, readonly FaultName[]>> = {
  'evm: a reorg drops transactions': ['evm: a shallow reorg'],
  'evm: a node shows a receipt of a block that is no more': ['evm: a shallow reorg'],
}

export type Fault = {
  readonly name: FaultName
  readonly with: readonly FaultName[]
  /** How likely it strikes where it may, in a world that has drawn it; worlds have it milder or worse. */
  readonly rate: number
}

const crashRate = 0.03
// What is hardly ever asked would hardly ever be died at.
const crashRates: Partial<Record<CrashPoint, number>> = {
  'refunds.complete': 0.2,
  'store.stellarRelease': 0.3,
  'store.stellarBump': 0.06,
  'store.stellarDoubt': 0.15,
  'store.stellarRefuse': 0.15,
  'operators.ask': 0.2,
  'operators.decide': 0.2,
  'indexer.obey': 0.2,
}

/** All that may go wrong in a world. */
export const catalogue: readonly Fault[] = [
  ...named.map(([name, rate]) => ({ name, rate, with: companions[name] ?? [] })),
  ...calls.flatMap(call =>
    (['before', 'after'] as const).map(when => ({
      name: `crash ${when} ${call}` as const,
      rate: crashRates[call] ?? crashRate,
      with: [],
    })),
  ),
]
