/*
 * Two workers, each coordinator and executor: bridge-service/src/saga/coordinator.ts, saga/step.ts, intents/executor.ts, intents/store.ts,
 * chains/evm/submit.ts. A worker may stand still between any two of its lines for as long as it likes, and may die there.
 *
 * Leases are not trusted: here they may run out at once, so whoever finds an open wish may take it up beside the worker that holds it.
 * What keeps the two apart is the version of the transfer, the key of the wish, and asking before sending again.
 *
 * Left out because it changes nothing: asking about a wish of which there is no news, and trying again what would be refused again.
 */

/* The row of a fact is locked while it is decided on. A worker that stands still loses its connection, and with it lock and commit. */
#define holdsFact ( \
  mine.fact == NOBODY || (mine.fact < DEBIT && told[mine.fact] == READING + me) || \
  (mine.fact >= DEBIT && hook[mine.fact] == READING + me))

#ifdef NO_FENCE
#define mayCommit holdsFact
#else
#define mayCommit (holdsFact && !mine.stale)
#endif

#define news(s) ((s >= DEBIT && order[s] != SUBMITTED) || (s < DEBIT && (tx[s] == 0 || tx[s] == REVERTED)))

/* A wish that is made again has another key, and so another transaction. */
inline wishFor(s) {
  wish[s] = OPEN;
  if
  :: s < DEBIT && tx[s] == REVERTED -> tx[s] = 0
  :: else
  fi
}

inline forgetPlan(whose) {
  whose.to = 0; whose.wants = NOBODY; whose.shut = NOBODY; whose.how = 0; whose.mark = 0; whose.fact = NOBODY
}
inline rest(with) {
  mine.task = with;
  forgetPlan(mine);
  mine.answer = 0; mine.tried = 0; mine.reading = 0; mine.stale = 0; atOnce = 0
}
inline overtake() {
  if
  :: other.reading ->
       other.stale = 1;
#ifndef NO_FENCE
       forgetPlan(other) /* whatever it was, it will not be committed */
#endif
  :: else
  fi
}

inline take(s) { wish[s] == OPEN && news(s) -> mine.task = s; mine.tried = 1 }
inline read() {
  mine.reading = 1; mine.stale = 0;
  if
  :: me == 0 -> atOnce = _pid
  :: else
  fi
}
inline hear(f) { told[f] != CONSUMED -> told[f] = READING + me; mine.fact = f; read(); onFact(f) }
inline listen(s) { hook[s] != CONSUMED -> hook[s] = READING + me; mine.fact = s; read(); onAnswer(s, order[s]) }

/* What was refused before it had a nonce is never signed under this key, not even by one who asked the contract a moment earlier. */
inline refuse(c) {
#ifndef REFUSAL_FORGOTTEN
  tx[c] = REVERTED;
#endif
  mine.answer = REFUSED
}

proctype worker(bit me) PROVIDED {
idle:
  if
  :: atomic { hear(LOCK) } goto decided
  :: atomic { hear(COMMIT) } goto decided
  :: atomic { hear(RELEASE) } goto decided
  :: atomic { hear(REFUND) } goto decided
  :: atomic { listen(DEBIT) } goto decided
  :: atomic { listen(CREDIT) } goto decided
  :: atomic { due -> read(); onDue() } goto decided
  :: atomic { take(LOCK) } goto execute
  :: atomic { take(COMMIT) } goto execute
  :: atomic { take(RELEASE) } goto execute
  :: atomic { take(REFUND) } goto execute
  :: atomic { take(DEBIT) } goto execute
  :: atomic { take(CREDIT) } goto execute
  fi;

decided:
  if
  :: atomic { wild && me == 1 -> rest(NOBODY) } goto idle
  :: atomic { mayCommit ->
       if
       :: mine.to != 0 ->
            onEntry();
            state = mine.to;
            canceled = canceled || (mine.mark & CANCEL_MARK);
            takenBack = takenBack || (mine.mark & RETURN_MARK);
            if
            :: mine.mark & VOID_MARK && wish[REFUND] == OPEN -> wish[REFUND] = FAILED
            :: else
            fi;
            overtake();
            if
            :: mine.shut != NOBODY -> wish[mine.shut] = mine.how
            :: else
            fi
       :: else /* it changes nothing */
       fi;
       if
       :: mine.fact < DEBIT -> told[mine.fact] = CONSUMED
       :: mine.fact == DEBIT || mine.fact == CREDIT -> hook[mine.fact] = CONSUMED
       :: else
       fi;
       if
       :: mine.to != 0 && mine.wants != NOBODY -> wishFor(mine.wants); rest(mine.wants); goto execute
       :: else -> rest(NOBODY); goto idle
       fi }
  :: atomic { !mayCommit ->
       if
       :: mine.answer != 0 -> forgetPlan(mine); goto answered
       :: else -> rest(NOBODY); goto idle /* the fact is still in the inbox */
       fi }
  fi;

execute:
  if
  :: atomic { wild -> rest(NOBODY) } goto idle
  :: atomic { mine.task >= DEBIT && mine.tried && order[mine.task] > SUBMITTED -> mine.answer = order[mine.task] } goto answered
  :: atomic { mine.task >= DEBIT && mine.tried && order[mine.task] == SUBMITTED -> rest(NOBODY) } goto idle
  :: atomic { mine.task >= DEBIT && !(mine.tried && order[mine.task] != 0) } goto send
  :: atomic { mine.task < DEBIT && tx[mine.task] == REVERTED -> mine.answer = REFUSED } goto answered
  :: atomic { mine.task < DEBIT && (tx[mine.task] == SIGNED || tx[mine.task] == MINED) -> rest(NOBODY) } goto idle
  :: atomic { mine.task < DEBIT && tx[mine.task] == 0 && (wild || !passes(mine.task)) -> refuse(mine.task) } goto answered
  :: atomic { mine.task < DEBIT && tx[mine.task] == 0 && passes(mine.task) } goto store
  fi;

send:
  if
  :: atomic { wild -> rest(NOBODY) } goto idle
  :: atomic { place(mine.task);
       if
       :: order[mine.task] == SUBMITTED -> rest(NOBODY); goto idle
       :: else -> mine.answer = order[mine.task]; goto answered
       fi }
  :: atomic { wild -> place(mine.task);
#ifdef REFUND_ON_TIMEOUT
       mine.answer = REFUSED; goto answered
#else
       rest(NOBODY); goto idle
#endif
     }
  fi;

store:
  if
  :: atomic { wild -> rest(NOBODY) } goto idle
  :: atomic {
       if
       :: tx[mine.task] == 0 -> tx[mine.task] = SIGNED; onSignature(mine.task)
       :: else /* somebody stored it under this key: his bytes count */
       fi;
       rest(NOBODY) } goto idle
  fi;

answered:
  atomic { mine.tried = 0; read(); onAnswer(mine.task, mine.answer) }
  goto decided
}

init {
  atomic {
    begin();
    memory[0].wants = NOBODY; memory[0].shut = NOBODY; memory[0].fact = NOBODY; memory[0].task = NOBODY;
    memory[1].wants = NOBODY; memory[1].shut = NOBODY; memory[1].fact = NOBODY; memory[1].task = NOBODY;
    run worker(0);
    run worker(1)
  }
}
