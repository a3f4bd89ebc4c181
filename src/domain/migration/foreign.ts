/** Another program that runs SQL files, by what it leaves in its folder. */
interface Runner {
  readonly name: string;
  /** A path in the folder. */
  readonly path?: RegExp;
  /** A line in a file with a name of ours. */
  readonly line?: RegExp;
}

/** The most telling ones first: several of them number their files alike. */
const RUNNERS: readonly Runner[] = [
  { name: 'Prisma', path: /^(migration_lock\.toml|\d{14}_[^/]+\/migration\.sql)$/ },
  { name: 'Drizzle', path: /^(meta\/(_journal|\d{4}_snapshot)\.json|\d{14}_[^/]+\/snapshot\.json)$/ },
  { name: 'Atlas', path: /^atlas\.sum$/ },
  { name: 'Flyway', path: /^(V[\d._]+__|U[\d._]+__|R__).*\.sql$/ },
  { name: 'golang-migrate', path: /^\d+_.*\.(up|down)\.sql$/ },
  { name: 'Rails', path: /^\d{14}_.*\.rb$/ },
  { name: 'Alembic', path: /^(alembic\.ini|env\.py|script\.py\.mako|versions\/.*\.py)$/ },
  { name: 'Django', path: /^(\d{4}_.*|__init__)\.py$/ },
  { name: 'Sqitch', path: /^(sqitch\.plan|(deploy|revert|verify)\/.*\.sql)$/ },
  { name: 'Sequelize', path: /^\d{14}-.*\.[cm]?[jt]s$/ },
  { name: 'TypeORM or node-pg-migrate', path: /^\d{13}[-_].*\.([cm]?[jt]s|sql)$/ },
  { name: 'Knex or Kysely', path: /^\d{4}.*\.[cm]?[jt]s$/ },
  { name: 'Liquibase', path: /changelog.*\.(xml|ya?ml|json)$/i, line: /^--\s*liquibase formatted sql/im },
  { name: 'dbmate', line: /^--\s*migrate:(up|down)\b/im },
  { name: 'goose', line: /^--\s*\+goose\s/im },
  { name: 'sql-migrate', line: /^--\s*\+migrate\s/im },
  { name: 'node-pg-migrate', line: /^--\s*(up|down) migration\b/im },
  { name: 'Drizzle', path: /^\d{4}_[a-z0-9_]+\.sql$/, line: /^--> statement-breakpoint/m },
];

/**
 * Whose migrations these are, when they are another program's: its name and the file that tells. Some of those look like
 * ours and hold the way forth and back in one file; run as they are, they would undo themselves. Null when nothing tells.
 */
export function foreignRunner(
  files: Readonly<Record<string, string>>,
): { readonly name: string; readonly evidence: string } | null {
  for (const { name, path, line } of RUNNERS) {
    const evidence = Object.entries(files).find(
      ([file, text]) => path?.test(file) || (file.endsWith('.sql') && line?.test(text)),
    );
    if (evidence) return { name, evidence: evidence[0] };
  }
  return null;
}
