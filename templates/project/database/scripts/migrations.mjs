// The files of migrations/ and what may be in them. `turbobackend migrate` holds them to the same rules, with the
// parser of PostgreSQL, and to some more.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE_NAME = /^(\d{14})_([a-z0-9_]+)\.sql$/;
const SUM_FILE = 'migrations.sum';
const SUM_HEADER =
  '# Made by turbobackend. Each line depends on all lines before it; conflicts: turbobackend migrate repair';

/** Comments with which other programs keep the way forth and back in one file. */
const FOREIGN = /^--\s*(?:migrate:(?:up|down)|\+goose|\+migrate|(?:up|down) migration)\b/im;

/** What must not be taken for a statement: texts, names in quotes, bodies of functions and comments. */
const OPAQUE =
  /\be'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$\x80-\uffff])\$([\w\x80-\uffff]*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//gi;

/** Each file is one transaction already, and acts as the role that it was given. */
const REFUSED =
  /^(?:begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare\s+transaction|discard|do|copy|(?:re)?set\s+(?:(?:local|session)\s+)?(?:role|session\s+authorization|search_path|schema)|reset\s+all)\b/i;

/** These few run outside a transaction. */
const ALONE =
  /^(?:create\s+(?:unique\s+)?index\s+concurrently|drop\s+index\s+concurrently|reindex\b.*\bconcurrently|alter\s+table\b.*\bdetach\b.*\bconcurrently|vacuum)\b/is;

/** One statement, again and again, each time a transaction of its own. */
const REPEATED = /^-- repeat until no row is changed\n/;

/** Line ends, blanks at line ends and at the end do not count. */
function normalise(sql) {
  const lines = sql
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  return `${lines
    .map((line) => line.replace(/[ \t]+$/, ''))
    .join('\n')
    .replace(/\n+$/, '')}\n`;
}

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** PostgreSQL nests comments and we do not: a statement could hide behind that. */
function hasNestedComment(sql) {
  const parts = sql.match(OPAQUE) ?? [];
  return parts.some((part) => part.startsWith('/*') && part.includes('/*', 2));
}

/** Statements without their texts and comments: enough to tell what kind each one is. */
function outline(sql) {
  const plain = sql.replace(OPAQUE, (part) => (/^(?:--|\/\*)/.test(part) ? ' ' : "''"));
  const statements = plain
    .replace(/\bbegin\s+atomic\b[\s\S]*?\bend\b/gi, ' ')
    .split(';')
    .map((statement) => statement.trim());
  return statements.filter((statement) => statement !== '');
}

/** The index that is made concurrently, as it is written; undefined for anything else. */
function concurrentIndex(sql) {
  const text = sql.replace(OPAQUE, (part) => (/^(?:--|\/\*)/.test(part) ? ' ' : part));
  const [, index, schema = ''] =
    /^\s*create\s+(?:unique\s+)?index\s+concurrently\s+("(?:[^"]|"")+"|[\w$]+)\s+on\s+(?:only\s+)?((?:"(?:[^"]|"")+"|[\w$]+)\.)?/i.exec(
      text,
    ) ?? [];
  return index === undefined ? undefined : `${schema}${index}`;
}

function readMigration(folder, file) {
  const [, version, name] = FILE_NAME.exec(file) ?? [];
  if (!version) throw new Error(`${file}: names look like 20260131093000_add_tags.sql.`);
  const sql = normalise(readFileSync(join(folder, file), 'utf8'));
  if (FOREIGN.test(sql)) throw new Error(`${file} is a migration of another program.`);
  if (hasNestedComment(sql)) throw new Error(`${file}: a comment cannot be in a comment.`);
  const statements = outline(sql);
  const refused = statements.find((statement) => REFUSED.test(statement));
  if (refused) throw new Error(`${file}: ${refused.slice(0, 60)} cannot be in a migration.`);
  const repeats = REPEATED.test(sql);
  if (repeats && !/^(?:update|delete|insert)\b/i.test(statements[0] ?? ''))
    throw new Error(`${file}: only UPDATE, DELETE and INSERT can be repeated.`);
  const alone = repeats || statements.some((statement) => ALONE.test(statement));
  if (alone && statements.length > 1)
    throw new Error(`${file}: what runs outside a transaction must be alone in its file.`);
  const isEmpty = statements.length === 0;
  const index = alone ? concurrentIndex(sql) : undefined;
  const checksum = `sha256:${sha256(sql)}`;
  return { file, version, name, sql, checksum, alone, repeats, index, isEmpty };
}

/** All migrations in their order. Throws for a file that is none, and for one that must not be run. */
export function readMigrations(folder) {
  const names = readdirSync(folder).filter(
    (name) => name !== SUM_FILE && name !== 'down' && !name.startsWith('.'),
  );
  const migrations = names.sort().map((file) => readMigration(folder, file));
  const twin = migrations.find(({ version }, index) => migrations[index + 1]?.version === version);
  if (twin) throw new Error(`Two files have the version ${twin.version}.`);
  return migrations;
}

/** What migrations.sum has to say: a line for each, which depends on all lines before it. */
function sumOf(migrations) {
  let link = '';
  return migrations.map(({ file, checksum }) => {
    link = sha256(`${link}\n${file} ${checksum}`);
    return `${file} ${link}`;
  });
}

/**
 * The new text of migrations.sum when it does not list what is not applied yet; null when it is right. Throws when it
 * says something else about what was applied.
 */
export function newSum(folder, migrations, isApplied) {
  const wanted = sumOf(migrations);
  const isThere = readdirSync(folder).includes(SUM_FILE);
  const text = isThere ? readFileSync(join(folder, SUM_FILE), 'utf8') : '';
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const differs = (at) => lines[at]?.trim() !== wanted[at];
  const first = Array.from({ length: Math.max(lines.length, wanted.length) }, (_, at) => at).find(
    differs,
  );
  if (first === undefined) return null;
  if (isThere && migrations.slice(first).some(isApplied)) {
    const what = migrations[first].file;
    throw new Error(
      `${SUM_FILE} does not agree with the files, from ${what} on: npx turbobackend migrate repair.`,
    );
  }
  return { path: join(folder, SUM_FILE), text: `${[SUM_HEADER, ...wanted].join('\n')}\n` };
}
