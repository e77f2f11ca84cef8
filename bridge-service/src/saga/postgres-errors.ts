/** Errors after which the same statement may well succeed: lost connections, deadlocks, serialization failures, a server that restarts. */
export const isTransient = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code !== 'string') return /connection|timeout|terminated/i.test(String((error as Error | null)?.message ?? error))
  return /^(08|40|53|57|55P03)/.test(code) || ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code)
}
