/* What the bank does with an order, in its own time. */

inline place(s) {
  if
  :: order[s] == 0 -> order[s] = SUBMITTED; effects[s]++; onOrder(s)
#ifdef KEY_WITH_ATTEMPT
  :: order[s] != 0 -> effects[s]++
#else
  :: else /* the key is known, and answers as it did */
#endif
  fi;
  assert(effects[s] <= 1)
}

inline conclude(s, how) {
  order[s] = how;
  if
  :: hook[s] = TOLD
  :: wild /* the webhook gets lost */
  fi
}

active proctype bank() PROVIDED {
  do
  :: atomic { order[DEBIT] == SUBMITTED -> conclude(DEBIT, SETTLED) }
  :: atomic { order[DEBIT] == SUBMITTED -> conclude(DEBIT, REFUSED) }
  :: atomic { order[CREDIT] == SUBMITTED -> conclude(CREDIT, SETTLED) }
  :: atomic { order[CREDIT] == SUBMITTED -> conclude(CREDIT, REFUSED) }
#ifdef RETURNS
  :: atomic { order[DEBIT] == SETTLED && !returned -> returned = true; order[DEBIT] = RETURNED; hook[DEBIT] = TOLD }
#endif
  od
}
