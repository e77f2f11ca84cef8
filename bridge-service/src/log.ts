export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/** One line of JSON per event; the details never hold keys or whole account numbers. */
export type Log = (level: LogLevel, message: string, details: Record<string, unknown>) => void

export const jsonLog = (least: string): Log => {
  const threshold = least === 'silent' || least === 'fatal' ? logLevels.length : Math.max(0, logLevels.indexOf(least as LogLevel))
  return (level, message, details) => {
    if (logLevels.indexOf(level) < threshold) return
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...details })}\n`)
  }
}
