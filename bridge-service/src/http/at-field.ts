import { BridgeError } from '../errors.ts'

/** Says which field an error is about, unless it says so itself. */
export const atField = <T>(path: string, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BridgeError) || 'path' in error.details) throw error
    throw new BridgeError(error.code, { ...error.details, path }, { cause: error })
  }
}
