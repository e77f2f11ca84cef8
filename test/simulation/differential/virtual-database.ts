import pg from 'pg'
import { freshDatabase } from '../../support/database.ts'

export type VirtualDatabase = {
  readonly owner: pg.Pool
  /** As the service's role. */
  readonly app: pg.Pool
  readonly setTime: (nowMs: number) => Promise<void>
  readonly close: () => Promise<void>
}

// A function of the same name that is found first: so the statements under test stay as they are, and their time is ours.
const virtualTime = `
  create schema virtual;
  create table virtual.clock (at timestamptz not null);
  insert into virtual.clock values (now());
  create function virtual.now() returns timestamptz language sql stable as 'select at from virtual.clock';
  create function virtual.clock_timestamp() returns timestamptz language sql stable as 'select at from virtual.clock';
  grant usage on schema virtual to causeway_app;
  grant select on virtual.clock to causeway_app;
  do $$ declare c record; begin
    for c in select table_name, column_name from information_schema.columns where table_schema = 'public' and column_default like '%now()' loop
      execute format('alter table %I alter column %I set default virtual.now()', c.table_name, c.column_name);
    end loop;
  end $$`

/** A real Postgres whose time stands still until it is set. */
export const virtualDatabase = async (): Promise<VirtualDatabase> => {
  const database = await freshDatabase()
  const path = '-c search_path=virtual,pg_catalog,public'
  const owner = new pg.Pool({ connectionString: database.url, max: 2, options: path })
  await owner.query(virtualTime)
  const app = new pg.Pool({ connectionString: database.url, max: 6, options: `-c role=causeway_app ${path}` })
  for (const pool of [owner, app]) pool.on('error', () => {})
  return {
    owner,
    app,
    setTime: async nowMs => {
      await owner.query('update virtual.clock set at = $1', [new Date(nowMs)])
    },
    close: async () => {
      await Promise.all([app.end(), owner.end()])
      await database.drop()
    },
  }
}
