import { REPEAT_MARK } from '../../src/domain/repeat.ts';
import type { ProjectDatabase } from '../support/project-database.ts';

const ROWS = 4000;

/** Each time that it runs adds to what is seen afterwards; what of it is done twice shows, too. */
const FILL = `insert into b (x) select x from a where not exists (select from b where b.x = a.x) limit 500`;
const RAISE = `update b set n = n + 1 where ctid = any (array(select ctid from b where n = 0 limit 700))`;
const LOWER = `update b set n = n - 1 where ctid = any (array(select ctid from b where n = 1 limit 700))`;
const CLEAR = 'delete from b where ctid = any (array(select ctid from b limit 500))';
const repeated = (sql: string): string => `${REPEAT_MARK}\n${sql}`;

const MIGRATIONS: readonly (readonly [name: string, up: string, down: string | null])[] = [
  ['log', 'create table log (n int not null)', null],
  [
    'rows',
    `create table a (x int);\ncreate table b (x int not null, n int not null default 0);\ninsert into log values (2);\ninsert into a select generate_series(1, ${ROWS})`,
    'drop table a;\ndrop table b;\ninsert into log values (-2)',
  ],
  ['index', 'create index concurrently a_x_idx on a (x)', 'drop index concurrently a_x_idx'],
  [
    'column',
    "insert into log values (4);\nalter table a add y text default 'y';\nupdate a set x = x + 1",
    'alter table a drop y;\nupdate a set x = x - 1;\ninsert into log values (-4)',
  ],
  ['fill', repeated(FILL), repeated(CLEAR)],
  ['raise', repeated(RAISE), repeated(LOWER)],
  ['key', 'create unique index concurrently a_x_key on a (x)', 'drop index concurrently a_x_key'],
  ['reindex', 'reindex index concurrently a_x_idx', 'vacuum a'],
  ['last', 'insert into log values (9)', 'insert into log values (-9)'],
];

const nameOf = (name: string, at: number): string => `2026013109300${at}_${name}.sql`;

/** Migrations in transactions, of concurrent indexes and repeated ones, whose every effect can be counted, with their ways back. */
export const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  MIGRATIONS.flatMap(([name, up, down], at) => [
    [nameOf(name, at), `${up};\n`],
    ...(down === null ? [] : [[`down/${nameOf(name, at)}`, `${down};\n`]]),
  ]),
);

/** What stays when all others are taken back: the table in which effects are counted. */
export const FIRST = '20260131093000';

const UP = {
  log: [2, 4, 9],
  sum: (ROWS * (ROWS + 1)) / 2 + ROWS,
  batches: `${ROWS} rows, ${ROWS} different, raised 1 to 1`,
  indexes: ['a_x_idx true', 'a_x_key true'],
};
const WANTED = {
  up: { ...UP, journal: MIGRATIONS.map(([name]) => `${name} applied`) },
  down: { log: [-9, -4, -2, 2, 4, 9], sum: null, batches: null, indexes: [], journal: ['log applied'] },
};

/** What of a database is not as it must be after all went up, or back down to the first; empty when all is well. */
export async function problemsOf(database: ProjectDatabase, direction: 'up' | 'down'): Promise<readonly string[]> {
  const [there] = await database.admin(
    "select to_regclass('app.log') is not null as log, to_regclass('app.a') is not null as a, to_regclass('app.b') is not null as b",
  );
  const list = async (sql: string) => (await database.admin(sql)).map(({ value }) => value);
  const found = {
    log: there?.log ? await list('select n as value from app.log order by n') : [],
    sum: there?.a ? Number((await list('select sum(x) as value from app.a'))[0]) : null,
    batches: there?.b
      ? (
          await list(
            "select count(*) || ' rows, ' || count(distinct x) || ' different, raised ' || min(n) || ' to ' || max(n) as value from app.b",
          )
        )[0]
      : null,
    indexes: await list(
      "select c.relname || ' ' || indisvalid as value from pg_index i join pg_class c on c.oid = i.indexrelid where indrelid = to_regclass('app.a') order by 1",
    ),
    journal: await list("select name || ' ' || status as value from tb.schema_migrations order by version"),
  };
  const wanted: Readonly<Record<string, unknown>> = WANTED[direction];
  return Object.entries(found)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(wanted[key]))
    .map(([key, value]) => `${direction}: ${key} is ${JSON.stringify(value)}, not ${JSON.stringify(wanted[key])}`);
}

/** As it was before the first migration; ends who still works there. */
export async function empty(database: ProjectDatabase): Promise<void> {
  const { owner, mig } = database.names;
  await database.admin('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [mig]);
  await database.admin(
    `drop table if exists app.log, app.a, app.b; drop table if exists tb.schema_migrations; grant usage on schema app to ${owner}`,
  );
}
