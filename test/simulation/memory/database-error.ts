/** What Postgres throws: an error with its code. */
export const databaseError = (code: string, message: string): Error => Object.assign(new Error(message), { code })

export const uniqueViolation = (name: string, key: string) => databaseError('23505', `${name} has ${key} already`)
export const checkViolation = (what: string) => databaseError('23514', what)
export const foreignKeyViolation = (what: string) => databaseError('23503', what)
export const deadlock = () => databaseError('40P01', 'deadlock detected')
export const serializationFailure = () => databaseError('40001', 'could not serialize access due to concurrent update')
export const lostConnection = () => databaseError('08006', 'the connection was lost')
export const shutDown = () => databaseError('57P01', 'terminating connection due to administrator command')
