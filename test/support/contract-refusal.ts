import { BaseError, ContractFunctionRevertedError } from 'viem'

/** The custom error with which the contract refused; anything else throws. */
export const contractRefusal = async (attempt: Promise<unknown>) => {
  const error = await attempt.then(
    () => undefined,
    cause => cause,
  )
  const revert = error instanceof BaseError ? error.walk(cause => cause instanceof ContractFunctionRevertedError) : undefined
  if (!(revert instanceof ContractFunctionRevertedError)) throw new Error('not refused by the contract', { cause: error })
  return revert.data
}
