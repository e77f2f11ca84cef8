/* What moves an escrow: blocks and reorgs, time, strangers; and the indexer that tells the database of it. */

byte i;

inline include(c) {
  conf[c] = 1;
  /* The law of the contract: one end, whoever asked for it. */
  assert(!(included(RELEASE) && included(REFUND)));
  onInclusion(c)
}

inline offerToBlock(c) {
  if
  :: passes(c) -> tx[c] = MINED; include(c)
  :: else -> tx[c] = REVERTED
  fi
}

active proctype miner() PROVIDED {
  do
  :: atomic { tx[LOCK] == SIGNED && (passes(LOCK) || hopeless(LOCK)) -> offerToBlock(LOCK) }
  :: atomic { tx[COMMIT] == SIGNED && (passes(COMMIT) || hopeless(COMMIT)) -> offerToBlock(COMMIT) }
  :: atomic { tx[RELEASE] == SIGNED && (passes(RELEASE) || hopeless(RELEASE)) -> offerToBlock(RELEASE) }
  :: atomic { tx[REFUND] == SIGNED && (passes(REFUND) || hopeless(REFUND)) -> offerToBlock(REFUND) }
  :: atomic { unstable(LOCK) || unstable(COMMIT) || unstable(RELEASE) || unstable(REFUND) ->
       i = 0;
       do
       :: i < 4 && unstable(i) -> conf[i]++; i++
       :: i < 4 && !unstable(i) -> i++
       :: i == 4 -> i = 0; break
       od }
  od
}

/* Blocks, events, cursor and inbox in one transaction. */
active proctype indexer() PROVIDED {
  do
  :: atomic { behind ->
       i = 0;
       do
       :: i < 4 ->
            if
            :: (seen[i] > 0) != (conf[i] > 0) -> told[i] = TOLD
            :: else
            fi;
            seen[i] = conf[i];
            i++
       :: i == 4 -> i = 0; break
       od }
  od
}

/* What nobody promises will come, nor that it will not: the clock, a reorg, a stranger at a deadline. */active proctype nature() PROVIDED {
  do
  :: atomic { time < LAST_DEADLINE -> time++ }
  :: atomic { wild && (unstable(LOCK) || unstable(COMMIT) || unstable(RELEASE) || unstable(REFUND)) ->
       i = 0;
       do
       :: i < 4 && unstable(i) ->
            conf[i] = 0;
            if
            :: tx[i] == MINED -> tx[i] = SIGNED
            :: else /* a stranger's, who need not come back */
            fi;
            i++
       :: i < 4 && !unstable(i) -> i++
       :: i == 4 -> i = 0; break
       od }
  :: atomic { time >= SOFT && open && !included(COMMIT) -> include(REFUND) }
  :: atomic { time == HARD && open && included(COMMIT) -> hardExit = true; include(ON_EXPIRY) }
  :: calm = true; break
  od
}

/* When nature is calm and nobody has anything left to do, the transfer must rest. */
active proctype judge() PROVIDED {
  timeout -> assert(atRest)
}
