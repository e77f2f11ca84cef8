import { startApp } from './app.ts'
import { readConfig, readRoles } from './config.ts'
import { BridgeError } from './errors.ts'
import { jsonLog } from './log.ts'
import { isTransient } from './saga/postgres-errors.ts'

// The service as a process: `node bridge-service/src/main.ts --role api,saga`; all its roles when none is named.
try {
  const flag = process.argv.indexOf('--role')
  const config = readConfig(process.env, readRoles(flag < 0 ? 'all' : process.argv[flag + 1]))
  const log = jsonLog(config.logLevel)
  const app = await startApp(config, log)
  const stop = async () => {
    log('info', 'stopping', {})
    await app.stop()
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  log('info', 'started', { roles: config.roles, url: app.url })
  process.send?.({ ready: true, url: app.url })
} catch (error) {
  const code = isTransient(error) ? 'database_unavailable' : 'internal'
  const details = error instanceof BridgeError ? { code: error.code, ...error.details } : { code, error: String(error) }
  jsonLog('info')('error', 'the service did not start', details)
  process.exit(1)
}
