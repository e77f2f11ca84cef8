/*
 * A payout against an escrow: the off-ramp, whose escrow the customer locked himself, and the second half of a remittance. Await the lock
 * and its finality, commit the escrow, await the commit's finality, CREDIT FIAT, release, await finality. Before the credit it turns back.
 *
 * OFFRAMP:    the exit of a committed escrow at the hard deadline is the refund to the customer.
 * REMITTANCE: it is the release to the partner.
 */

#define LAST_DEADLINE HARD
#ifdef REMITTANCE
#define ON_EXPIRY RELEASE
#else
#define ON_EXPIRY REFUND
#endif

#define AWAITING 1
#define LOCKED 2
#define COMMITTING 3
#define COMMITTED 4
#define CREDITING 5
#define RELEASING 6
#define RELEASED 7
#define COMPLETED 8
#define REFUNDING 9
#define REFUNDED 10
#define COMPENSATED 11
#define CANCELED 12
#define REVIEW 13

#include "escrow.pml"
#include "orders.pml"
#include "saga.pml"

bool canceled;
bool takenBack;
bool hardExit; /* a stranger ended a committed escrow, while we were still in doubt */
byte paid; /* entries of the payout */

/* The fiat has gone, or may be going. */
#define paidOut atBank(CREDIT)

inline onInclusion(c) {
  /* Paid out and given back: only a hard deadline that did not wait for the bank could do both. */
  assert(c != REFUND || !paidOut || hardExit)
}
inline onSignature(c) {
  /* The escrow is taken only for fiat that has arrived, and given back only for fiat that has not and will not. */
  assert(c != RELEASE || order[CREDIT] == SETTLED);
  assert(c != REFUND || !paidOut)
}
inline onOrder(s) {
  /* No fiat leaves before the commit is final on the true chain: from there on nobody else can end the escrow in time. */
  assert(s != CREDIT || final(COMMIT))
}
inline onEntry() {
  if
  :: mine.shut == CREDIT && mine.how == SUCCEEDED -> paid++
  :: else
  fi;
  assert(paid <= 1)
}

/* In the end: paid out, or given back, or a person has it. Nothing is left in the escrow but in his hands. */
#define atRest ( \
  (state == COMPLETED && final(RELEASE) && order[CREDIT] == SETTLED) || \
  (state == COMPENSATED && final(REFUND) && !paidOut) || \
  (state == CANCELED && !included(LOCK) && !paidOut) || \
  (state == REVIEW && hardExit))

inline onFact(f) {
  if
  :: f == LOCK && seenIncluded(LOCK) && state == AWAITING ->
       if
#ifndef REFUND_TAKEN_BACK
       /* What was signed once can be mined for ever: who has wished for the refund never goes forward again. */
       :: wish[REFUND] != 0 -> step(REFUNDING, REFUND)
#endif
       :: else -> step(LOCKED, NOBODY)
       fi
  :: f == LOCK && !seenIncluded(LOCK) && state == LOCKED -> step(AWAITING, NOBODY)
#ifndef LOCK_TAKEN_FOR_GRANTED
  :: f == LOCK && !seenIncluded(LOCK) && (state == REFUNDING || state == REFUNDED) -> step(AWAITING, NOBODY); mine.mark = VOID_MARK
#endif
  :: f == COMMIT && seenIncluded(COMMIT) && state == COMMITTING -> step(COMMITTED, NOBODY); closes(COMMIT, SUCCEEDED)
  :: f == COMMIT && !seenIncluded(COMMIT) && state == COMMITTED -> step(COMMITTING, NOBODY); closes(COMMIT, OPEN)
  :: f == RELEASE && seenIncluded(RELEASE) && state == RELEASING -> step(RELEASED, NOBODY); closes(RELEASE, SUCCEEDED)
  :: f == RELEASE && seenIncluded(RELEASE) && (state == COMMITTING || state == COMMITTED || state == CREDITING || state == REFUNDING || state == REFUNDED) ->
       step(REVIEW, NOBODY); mine.mark = VOID_MARK /* a stranger, at the hard deadline */
  :: f == RELEASE && !seenIncluded(RELEASE) && state == RELEASED -> step(RELEASING, RELEASE)
  :: f == REFUND && seenIncluded(REFUND) && state == REFUNDING -> step(REFUNDED, NOBODY); closes(REFUND, SUCCEEDED)
  :: f == REFUND && seenIncluded(REFUND) && (state == AWAITING || state == LOCKED) -> step(REFUNDED, NOBODY)
  :: f == REFUND && seenIncluded(REFUND) && (state == COMMITTING || state == COMMITTED) -> step(REFUNDED, NOBODY); closes(COMMIT, FAILED)
  :: f == REFUND && seenIncluded(REFUND) && (state == CREDITING || state == RELEASING || state == RELEASED) ->
       step(REVIEW, NOBODY); closes(RELEASE, FAILED) /* a stranger, at the hard deadline */
  :: f == REFUND && !seenIncluded(REFUND) && state == REFUNDED -> step(REFUNDING, REFUND)
  :: else
  fi
}

inline onAnswer(s, said) {
  if
  :: s == COMMIT && said == REFUSED && state == COMMITTING -> step(REFUNDING, REFUND); closes(COMMIT, FAILED)
  :: s == CREDIT && said == SETTLED && state == CREDITING -> step(RELEASING, RELEASE); closes(CREDIT, SUCCEEDED)
  :: s == CREDIT && said == SETTLED && state == REVIEW && wish[CREDIT] == OPEN -> step(REVIEW, NOBODY); closes(CREDIT, SUCCEEDED)
  :: s == CREDIT && said == REFUSED && state == CREDITING -> step(REFUNDING, REFUND); closes(CREDIT, FAILED)
  :: s == CREDIT && said == REFUSED && state == REVIEW && wish[CREDIT] == OPEN -> step(REVIEW, NOBODY); closes(CREDIT, FAILED)
  :: s == RELEASE && said == REFUSED && state == RELEASING -> step(RELEASING, NOBODY); closes(RELEASE, FAILED)
  :: s == REFUND && said == REFUSED && state == REFUNDING -> step(REFUNDING, NOBODY); closes(REFUND, FAILED)
  :: else
  fi
}

/*
 * Finality, retries, a change of mind, and the end of waiting for a deposit: by the clock of the chain as the indexer has read it, since a
 * deposit that came in time may be told later than our own clock says that it is too late.
 */
#define neverCame (state == AWAITING && time >= SOFT && !included(LOCK) && !seenIncluded(LOCK))
#define due ( \
  neverCame || (!canceled && state == LOCKED) || (state == LOCKED && seenFinal(LOCK)) || \
  (state == COMMITTED && seenFinal(COMMIT)) || \
  (state == RELEASING && wish[RELEASE] == FAILED && passes(RELEASE)) || \
  (state == REFUNDING && wish[REFUND] == FAILED && passes(REFUND)) || \
  (state == RELEASED && seenFinal(RELEASE)) || (state == REFUNDED && seenFinal(REFUND)))

inline onDue() {
  if
  :: neverCame -> step(CANCELED, NOBODY)
  :: !canceled && state == LOCKED -> step(REFUNDING, REFUND); mine.mark = CANCEL_MARK
#ifdef NO_COMMIT
  :: state == LOCKED && seenFinal(LOCK) -> step(CREDITING, CREDIT)
#else
  :: state == LOCKED && seenFinal(LOCK) -> step(COMMITTING, COMMIT)
#endif
  :: state == COMMITTED && seenFinal(COMMIT) -> step(CREDITING, CREDIT)
  :: state == RELEASING && wish[RELEASE] == FAILED && passes(RELEASE) -> step(RELEASING, RELEASE)
  :: state == REFUNDING && wish[REFUND] == FAILED && passes(REFUND) -> step(REFUNDING, REFUND)
  :: state == RELEASED && seenFinal(RELEASE) -> step(COMPLETED, NOBODY)
  :: state == REFUNDED && seenFinal(REFUND) -> step(COMPENSATED, NOBODY)
  fi
}

/* The customer has signed his lock; whether it is included in time is not ours to say. */
inline begin() { state = AWAITING; tx[LOCK] = SIGNED }

#include "chain.pml"
#include "bank.pml"
#include "workers.pml"

/* From then on every run is finite, in whatever order things happen. */
ltl comesToRest { []<> !calm }
