/** What a node answers in place of a result. */
export const rpcError = (code: number, message: string, data?: string): Error =>
  Object.assign(new Error(message), { code, ...(data === undefined ? {} : { data }) })
