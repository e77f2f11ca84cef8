/* What the database knows of one transfer, and what two workers are about. */

byte state;

#define OPEN 1
#define SUCCEEDED 2
#define FAILED 3
byte wish[6];

/* Of a fact in the inbox. The third is the worker that has locked its row, or would have if it had not stood still for so long. */
#define CONSUMED 0
#define TOLD 1
#define READING 2

/* What a worker holds in its memory, and loses when it dies. */
typedef Memory {
  byte to;     /* the state that it will commit; 0: its input changes nothing */
  byte wants;  /* the wish of that step */
  byte shut;   /* the wish that the input closes, or opens again, and ... */
  byte how;    /* ... how it stands after that */
  byte mark;   /* what else the step writes down */
  byte fact;   /* the fact that its input is */
  byte task;   /* the wish that it executes */
  byte answer; /* what the other side said to that */
  bit tried;   /* somebody may have sent it before */
  bit reading; /* it decides on what it has read of the transfer, */
  bit stale    /* and the transfer has moved since: its version is another one */
};
Memory memory[2];
#define mine memory[me]
#define other memory[1 - me]

#define CANCEL_MARK 1
#define RETURN_MARK 2
#define VOID_MARK 4 /* there is nothing to refund any more */

inline step(target, wished) { mine.to = target; mine.wants = wished }
inline closes(s, outcome) { mine.shut = s; mine.how = outcome }

/* Any number of crashes, reorgs, lost answers and refusals that do not last, until nature is calm. */
bool calm;
#define wild (!calm)

/* The first worker decides and commits at once: a step whose transfer has not moved since it was read could as well have been read now. */
byte atOnce;
#define PROVIDED provided (atOnce == 0 || atOnce == _pid)
