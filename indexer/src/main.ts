import { readConfig } from './config.ts'
import { startIndexer } from './indexer.ts'
import { explain, jsonLog } from './log.ts'

try {
  const indexer = await startIndexer(readConfig(process.env))
  const stop = async () => {
    await indexer.stop()
    process.exit(0)
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  process.send?.({ ready: true, url: indexer.url })
} catch (error) {
  jsonLog('error', 'the indexer did not start', explain(error))
  process.exit(1)
}
