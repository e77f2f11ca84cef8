/** Of accounts: what an issuer imposes on lines to come. */
export const accountFlags = { required: 1, revocable: 2, immutable: 4, clawback: 8 } as const
export const allAccountFlags = 15

/** Of trustlines. */
export const lineFlags = { authorized: 1, maintainLiabilities: 2, clawback: 4 } as const
export const authorizationFlags = 3
export const allLineFlags = 7

export const isSet = (flags: number, flag: number): boolean => (flags & flag) !== 0
