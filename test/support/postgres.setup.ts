import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../scripts/local/postgres.ts'
import { createWorkspace } from '../../scripts/local/workspace.ts'
import { migrate } from '../../scripts/migrate.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string
  }
}

export const templateDatabase = 'causeway_template'

/** One real Postgres for the whole run; each test file gets a copy of a migrated template (see database.ts). */
export default async (project: TestProject) => {
  const workspace = createWorkspace()
  const postgres = await startPostgres(workspace.folder)
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  await admin.query(`drop database if exists ${templateDatabase}`)
  await admin.query(`create database ${templateDatabase}`)
  await admin.end()
  const template = new URL(postgres.url)
  template.pathname = `/${templateDatabase}`
  await migrate(template.href)
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await postgres.stop()
    workspace.remove()
  }
}
