/** The numbers of channels begin here: each has used this, and one more for every transaction of its own. */
export const firstSequence = 1n << 32n
