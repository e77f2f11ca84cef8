export type Log = (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void

/** One JSON object per line on standard output. */
export const jsonLog: Log = (level, message, fields = {}) => {
  const line = { at: new Date().toISOString(), level, message, ...fields }
  process.stdout.write(`${JSON.stringify(line, (_, value) => (typeof value === 'bigint' ? value.toString() : value))}\n`)
}

/** What a log line needs of an error: its code, its text, and the text of its cause. */
export const explain = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { error: String(error) }
  const { code, details } = error as { code?: unknown; details?: unknown }
  const cause = error.cause instanceof Error ? error.cause.message : undefined
  return { code, error: error.message.split('\n')[0], details, cause }
}
