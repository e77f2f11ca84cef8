/*
 * A bank: orders are kept under their key for as long as anybody may send them again. Answers may be lost, and so may webhooks about
 * orders that we ask about anyway.
 */

#define SUBMITTED 1
#define SETTLED 2
#define REFUSED 3
#define RETURNED 4
byte order[6]; /* by step; only DEBIT and CREDIT */
byte effects[6]; /* orders that the bank took */
byte hook[6]; /* webhooks in the inbox */
#define atBank(s) (order[s] == SUBMITTED || order[s] == SETTLED)
