// Preloaded into every process of the local world: when the parent is gone, even by SIGKILL, its IPC channel closes and so do we.
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5_000).unref()
})
