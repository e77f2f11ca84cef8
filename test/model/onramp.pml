/*
 * The on-ramp, as bridge-service/src/transfer/onramp.ts and onramp-effects.ts decide it: debit fiat, lock, await finality and clearing,
 * release; before the pivot it turns back: refund the escrow, credit the fiat.
 */

#define LAST_DEADLINE SOFT
#define ON_EXPIRY RELEASE

#define REQUESTED 1
#define DEBITING 2
#define LOCKING 3
#define LOCKED 4
#define CLEARING 5
#define RELEASING 6
#define RELEASED 7
#define COMPLETED 8
#define REFUNDING 9
#define REFUNDED 10
#define CREDITING 11
#define COMPENSATED 12
#define CANCELED 13
#define FAILED_STATE 14
#define REVIEW 15

#include "escrow.pml"
#include "orders.pml"
#include "saga.pml"

bool canceled; /* the customer has asked, and it is written down */
bool takenBack; /* the debit came back, and it is written down */
bool returned;
bool hardExit;
byte booked; /* entries of the settled debit */
byte refunded; /* entries of the money that goes back */
#define turnBack (canceled || takenBack)

#define delivered included(RELEASE)
#define paidBack (atBank(CREDIT))

/* What the outside world has just seen us do. */
inline onInclusion(c) {
  /* Delivered, or paid back: never both. */
  assert(!(delivered && paidBack))
}
inline onSignature(c) {
  /* Nothing is released before its lock is final on the true chain. */
  assert(c != RELEASE || final(LOCK))
}
inline onOrder(s) {
  /* Money goes back only when no stablecoin can go out any more. */
  assert(s != CREDIT || (!delivered && (final(REFUND) || (!included(LOCK) && tx[LOCK] != SIGNED && tx[LOCK] != MINED))))
}
/* A frozen worker that wakes up books nothing twice. */
inline onEntry() {
  if
  :: mine.shut == DEBIT && mine.how == SUCCEEDED -> booked++
  :: else
  fi;
  if
  :: mine.wants == CREDIT -> refunded++
  :: else
  fi;
  assert(booked <= 1 && refunded <= 1)
}


/* In the end: the books of the transfer say what bank and chain say, and nothing of it is left in the escrow. */
#define atRest ( \
  ((state == COMPLETED && final(RELEASE)) || \
   (state == COMPENSATED && !open && !delivered && (order[CREDIT] == SETTLED || order[DEBIT] == RETURNED)) || \
   (state == CANCELED && order[DEBIT] == 0) || \
   (state == FAILED_STATE && order[DEBIT] != SETTLED) || \
   (state == REVIEW)) && !open)

inline onFact(f) {
  if
  :: f == LOCK && seenIncluded(LOCK) && state == LOCKING ->
       closes(LOCK, SUCCEEDED);
       if
       :: turnBack -> step(REFUNDING, REFUND)
       :: else -> step(LOCKED, NOBODY)
       fi
  :: f == LOCK && !seenIncluded(LOCK) && (state == LOCKED || state == CLEARING) -> step(LOCKING, NOBODY); closes(LOCK, OPEN)
#ifndef LOCK_TAKEN_FOR_GRANTED
  :: f == LOCK && !seenIncluded(LOCK) && (state == REFUNDING || state == REFUNDED) ->
       step(LOCKING, NOBODY); closes(LOCK, OPEN); mine.mark = VOID_MARK
#endif
  :: f == RELEASE && seenIncluded(RELEASE) && (state == RELEASING || ((state == REFUNDING || state == REFUNDED) && wish[RELEASE] != 0)) ->
       if
       :: state != RELEASING -> mine.mark = VOID_MARK
       :: else
       fi;
       step(RELEASED, NOBODY); closes(RELEASE, SUCCEEDED)
  :: f == RELEASE && !seenIncluded(RELEASE) && state == RELEASED -> step(RELEASING, NOBODY); closes(RELEASE, OPEN)
  :: f == REFUND && seenIncluded(REFUND) && (state == REFUNDING) -> step(REFUNDED, NOBODY); closes(REFUND, SUCCEEDED)
  :: f == REFUND && seenIncluded(REFUND) && (state == LOCKING) -> step(REFUNDED, NOBODY); closes(LOCK, SUCCEEDED)
  :: f == REFUND && seenIncluded(REFUND) && (state == LOCKED || state == CLEARING) -> step(REFUNDED, NOBODY)
  :: f == REFUND && seenIncluded(REFUND) && (state == RELEASING || state == RELEASED) -> step(REFUNDED, NOBODY); closes(RELEASE, FAILED)
  :: f == REFUND && !seenIncluded(REFUND) && state == REFUNDED ->
       if
       :: wish[REFUND] == 0 -> step(REFUNDING, REFUND)
       :: else -> step(REFUNDING, NOBODY); closes(REFUND, OPEN)
       fi
  :: else
  fi
}

inline onAnswer(s, said) {
  if
  :: s == DEBIT && said == SETTLED && state == DEBITING ->
       closes(DEBIT, SUCCEEDED);
       if
       :: canceled -> step(CREDITING, CREDIT)
       :: else -> step(LOCKING, LOCK)
       fi
  :: s == DEBIT && said == SETTLED && state == FAILED_STATE && !takenBack -> step(REVIEW, NOBODY)
  :: s == DEBIT && said == REFUSED && state == DEBITING -> step(FAILED_STATE, NOBODY); closes(DEBIT, FAILED)
  :: s == DEBIT && said == RETURNED && !takenBack ->
       mine.mark = RETURN_MARK;
       if
       :: state == DEBITING -> step(FAILED_STATE, NOBODY); closes(DEBIT, FAILED)
       :: state == LOCKED || state == CLEARING -> step(REFUNDING, REFUND)
       :: state == CREDITING || state == COMPLETED || state == COMPENSATED || state == REVIEW -> step(REVIEW, NOBODY)
       :: state == FAILED_STATE -> mine.mark = 0
       :: else -> step(state, NOBODY)
       fi
  :: s == CREDIT && said == SETTLED && state == CREDITING -> step(COMPENSATED, NOBODY); closes(CREDIT, SUCCEEDED)
  :: s == CREDIT && said == SETTLED && state == REVIEW -> step(REVIEW, NOBODY); closes(CREDIT, SUCCEEDED)
  :: s == CREDIT && said == REFUSED && (state == CREDITING || state == REVIEW) -> step(REVIEW, NOBODY); closes(CREDIT, FAILED)
  :: s == LOCK && said == REFUSED && state == LOCKING ->
       closes(LOCK, FAILED);
       if
       :: takenBack -> step(COMPENSATED, NOBODY)
       :: else -> step(CREDITING, CREDIT)
       fi
  :: s == RELEASE && said == REFUSED && state == RELEASING -> step(RELEASING, NOBODY); closes(RELEASE, FAILED)
  :: s == REFUND && said == REFUSED && state == REFUNDING -> step(REFUNDING, NOBODY); closes(REFUND, FAILED)
  :: else
  fi
}

/* Answers of our own lists, finality, timers, and the customer. */
#define due ( \
  state == REQUESTED || (!canceled && state < RELEASING) || \
  (state == LOCKED && seenFinal(LOCK)) || state == CLEARING || \
  (state == RELEASING && wish[RELEASE] == FAILED && passes(RELEASE)) || \
  (state == REFUNDING && wish[REFUND] == FAILED && passes(REFUND)) || \
  (state == RELEASED && seenFinal(RELEASE)) || (state == REFUNDED && seenFinal(REFUND)))

inline onDue() {
  if
  :: state == REQUESTED -> step(DEBITING, DEBIT)
  :: !canceled && state == REQUESTED -> step(CANCELED, NOBODY); mine.mark = CANCEL_MARK
  :: !canceled && (state == DEBITING || state == LOCKING) -> step(state, NOBODY); mine.mark = CANCEL_MARK
  :: !canceled && (state == LOCKED || state == CLEARING) -> step(REFUNDING, REFUND); mine.mark = CANCEL_MARK
  :: state == LOCKED && seenFinal(LOCK) -> step(CLEARING, NOBODY)
  :: (state == LOCKED && seenFinal(LOCK)) || state == CLEARING ->
       if
       :: turnBack || time >= SOFT -> step(REFUNDING, REFUND)
       :: else -> step(RELEASING, RELEASE)
       fi
  :: state == RELEASING && wish[RELEASE] == FAILED && passes(RELEASE) -> step(RELEASING, RELEASE)
  :: state == REFUNDING && wish[REFUND] == FAILED && passes(REFUND) -> step(REFUNDING, REFUND)
  :: state == RELEASED && seenFinal(RELEASE) ->
       if
       :: takenBack -> step(REVIEW, NOBODY)
       :: else -> step(COMPLETED, NOBODY)
       fi
  :: state == REFUNDED && seenFinal(REFUND) ->
       if
       :: takenBack -> step(COMPENSATED, NOBODY)
       :: else -> step(CREDITING, CREDIT)
       fi
  fi
}

inline begin() { state = REQUESTED }

#include "chain.pml"
#include "bank.pml"
#include "workers.pml"

/* From then on every run is finite, in whatever order things happen. */
ltl comesToRest { []<> !calm }
