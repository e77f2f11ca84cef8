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

/** The migrated database beside the one that this URL names; test files get copies of it (see database.ts). */
export const templateOf = (postgresUrl: string): { name: string; url: string } => {
  const url = new URL(postgresUrl)
  const name = `${url.pathname.slice(1)}_template`
  url.pathname = `/${name}`
  return { name, url: url.href }
}

/** One real Postgres for the whole run. */
export default async (project: TestProject) => {
  const workspace = createWorkspace()
  const postgres = await startPostgres(workspace.folder, { ephemeral: true })
  const template = templateOf(postgres.url)
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }
  await run(`create database ${template.name}`)
  await migrate(template.url)
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await run(`drop database if exists ${template.name} with (force)`)
    await postgres.stop()
    workspace.remove()
  }
}
