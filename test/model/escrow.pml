/* One escrow on a chain: what contracts/Escrow.sol and contracts/libraries/Lifecycle.sol let happen to it, and what the database knows of it. */

#define K 2 /* blocks, its own among them, that make a fact final; no reorg is so deep (a deeper one halts the chain and is not modelled) */

#ifdef OFF_BY_ONE
#define ASKED (K - 1)
#else
#define ASKED K
#endif

#define SOFT 1 /* refundAfter has passed: anyone may refund an escrow that is not committed */
#define HARD 2 /* hardDeadline has passed: anyone may take the exit of a committed one */
byte time;

/* Steps of the saga. The first four are calls of the escrow, and the facts that they leave. */
#define LOCK 0
#define COMMIT 1
#define RELEASE 2
#define REFUND 3
#define DEBIT 4
#define CREDIT 5
#define NOBODY 6

/* What the true chain says: 0 where the call is not in it, else its block and those above it, up to K. */
byte conf[4];
#define included(c) (conf[c] > 0)
#define final(c) (conf[c] == K)
#define ended (included(RELEASE) || included(REFUND))
#ifdef NO_STATUS
#define open included(LOCK)
#else
#define open (included(LOCK) && !ended)
#endif

/* What we have signed and stored: the same bytes for ever, sent again until the chain has answered. */
#define SIGNED 1
#define MINED 2
#define REVERTED 3
byte tx[4];

/* What the newest block would say to a call. */
#define passes(c) ( \
  (c == LOCK && !included(LOCK) && time < SOFT) || \
  (c == COMMIT && open && !included(COMMIT) && time < SOFT) || \
  ((c == RELEASE || c == REFUND) && open))

/* What no later block, on no branch, could take any more. */
#define hopeless(c) ( \
  (c == LOCK && time >= SOFT && !included(LOCK)) || \
  (c == COMMIT && !included(COMMIT) && (time >= SOFT || final(RELEASE) || final(REFUND))) || \
  (c == RELEASE && !included(RELEASE) && final(REFUND)) || \
  (c == REFUND && !included(REFUND) && final(RELEASE)) || \
  (c == REFUND && final(REFUND)))

#define unstable(c) (conf[c] > 0 && conf[c] < K)

/* What the tables of the indexer say, and the facts of the inbox that nobody has read since their truth changed. */
byte seen[4];
byte told[4];
#define seenIncluded(c) (seen[c] > 0)
/* finalFacts: the head is far enough above, and the newest truth of the fact has been read. */
#define seenFinal(c) (seen[c] >= ASKED && !told[c])
#define behind (seen[0] != conf[0] || seen[1] != conf[1] || seen[2] != conf[2] || seen[3] != conf[3])
