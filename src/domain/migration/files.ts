import { createHash } from 'node:crypto';
import { TurboError } from '../errors.ts';
import { foreignRunner } from './foreign.ts';
import { SUM_FILE } from './sum.ts';

/** Folder of the migration files in a project. */
export const MIGRATIONS_FOLDER = 'migrations';

/** Folder in it of the files that lead back, each named like the one it takes back. */
export const DOWN_FOLDER = 'down';

/** A file is parsed as a whole: 2 MB cost about 200 MB of memory (measured); larger data belongs into a restore. */
export const MAX_MIGRATION_BYTES = 2 * 1024 * 1024;

const FILE_NAME = /^(\d{14})_([a-z0-9_]+)\.sql$/;
const HINT_NAMES = 'Names look like 20260131093000_add_tags.sql: 14 digits of UTC time, then lower-case words.';

/** One migration file, read but not yet judged. */
export interface MigrationFile {
  /** Its key in the tree, for messages and results. */
  readonly path: string;
  /** 14 digits: year to second, in UTC. Decides the order. */
  readonly version: string;
  readonly name: string;
  /** It takes back the migration of its name. */
  readonly isDown: boolean;
  /** Normalised; see `normalise`. */
  readonly sql: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly checksum: string;
}

/** What a way back says until somebody writes it. */
export const UNWRITTEN_DOWN = '-- Takes it back: turbobackend migrate down\n';

/** Nobody has written it yet: then there is no way back. */
export const isUnwritten = ({ sql }: Pick<MigrationFile, 'sql'>): boolean => sql === UNWRITTEN_DOWN;

/**
 * The text of a file as its checksum sees it: without byte order mark, with line feeds only, without blanks at the ends
 * of lines and with one line feed at the end. So git settings and editors change nothing.
 */
export function normalise(sql: string): string {
  const lines = sql
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  return `${lines
    .map((line) => line.replace(/[ \t]+$/, ''))
    .join('\n')
    .replace(/\n+$/, '')}\n`;
}

/** `sha256:…` over the normalised text in UTF-8. */
export function checksum(sql: string): string {
  return `sha256:${createHash('sha256').update(normalise(sql)).digest('hex')}`;
}

/** 14 digits of UTC time for unix seconds; the version of a migration made then. */
export function migrationVersion(createdAt: number): string {
  return new Date(createdAt * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
}

function secondsOf(version: string): number {
  const [year, month, day, hour, minute, second] = [
    version.slice(0, 4),
    ...(version.slice(4).match(/\d\d/g) ?? []),
  ].map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) / 1000;
}

/** The version of a new migration made at `now` (unix seconds): later than all there are, also those of the future. */
export function nextVersion(versions: readonly string[], now: number): string {
  const newest = versions.toSorted().at(-1) ?? '';
  const version = migrationVersion(now);
  const next = version > newest ? version : migrationVersion(secondsOf(newest) + 1);
  if (next > newest && /^[0-9]{14}$/.test(next)) return next;
  throw invalid(`No version comes after ${newest}.`, 'Give that migration a version of this time.');
}

/**
 * What somebody calls a migration, as its file is named: lower-case words with underscores between them. Throws
 * `migration.invalid` when no word is left.
 */
export function migrationName(words: string): string {
  const name = words
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 100);
  if (name !== '') return name;
  throw invalid(`${JSON.stringify(words)} is not a name for a migration.`, 'For example: migrate create add_tags');
}

function invalid(message: string, hint: string): TurboError {
  return new TurboError('migration.invalid', message, { hint });
}

/** What a migrations folder holds. */
export interface MigrationFolder {
  /** In the order of their versions. */
  readonly ups: readonly MigrationFile[];
  /** The way back of some of them, in the same order. */
  readonly downs: readonly MigrationFile[];
  /** Text of `migrations.sum`; null when there is none. */
  readonly sum: string | null;
}

/**
 * Reads the content of a migrations folder (name, with or without the folder before it → text). Throws
 * `migration.invalid` for the files of another program, a file with another kind of name (skipping one silently would be
 * worse), two with one version, a way back without its way forth, and a file that is too large or holds a NUL or
 * bidirectional control characters.
 */
export function parseMigrationFolder(tree: Readonly<Record<string, string>>): MigrationFolder {
  const { [SUM_FILE]: sum = null, ...rest } = Object.fromEntries(
    Object.entries(tree).map(([path, text]) => [inFolder(path), text]),
  );
  const foreign = foreignRunner(rest);
  if (foreign) {
    const message = `${MIGRATIONS_FOLDER}/ holds migrations of ${foreign.name} (${foreign.evidence}).`;
    throw invalid(message, `Move them to another folder and let ${foreign.name} run them there. Nothing was run.`);
  }
  const ups: MigrationFile[] = [];
  const downs: MigrationFile[] = [];
  for (const [path, content] of Object.entries(tree)) {
    if (inFolder(path) === SUM_FILE) continue;
    const isDown = inFolder(path).startsWith(`${DOWN_FOLDER}/`);
    (isDown ? downs : ups).push(parseFile(path, content, isDown));
  }
  for (const files of [ups, downs]) sortByVersion(files);
  const lonely = downs.find((down) => !ups.some((up) => up.version === down.version && up.name === down.name));
  if (lonely) throw invalid(`${lonely.path} leads back from a migration that is not there.`, 'Rename or remove it.');
  return { ups, downs, sum };
}

/** The migrations of a folder alone; see `parseMigrationFolder`. */
export function parseMigrationFiles(tree: Readonly<Record<string, string>>): readonly MigrationFile[] {
  return parseMigrationFolder(tree).ups;
}

function inFolder(path: string): string {
  return path.startsWith(`${MIGRATIONS_FOLDER}/`) ? path.slice(MIGRATIONS_FOLDER.length + 1) : path;
}

function parseFile(path: string, content: string, isDown: boolean): MigrationFile {
  const base = isDown ? inFolder(path).slice(DOWN_FOLDER.length + 1) : inFolder(path);
  const [, version, name] = FILE_NAME.exec(base) ?? [];
  if (version === undefined || name === undefined) {
    throw invalid(`${JSON.stringify(path)} is not the name of a migration.`, HINT_NAMES);
  }
  if (Buffer.byteLength(content) > MAX_MIGRATION_BYTES) {
    throw invalid(`${path} is larger than ${MAX_MIGRATION_BYTES} bytes.`, 'Split it into several migrations.');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  if (/[\u0000\u202a-\u202e\u2066-\u2069]/.test(content)) {
    const message = `${path} contains a NUL or bidirectional control characters: it would not do what it shows.`;
    throw invalid(message, 'Remove them.');
  }
  return { path, version, name, isDown, sql: normalise(content), checksum: checksum(content) };
}

function sortByVersion(files: MigrationFile[]): void {
  files.sort((a, b) => (a.path < b.path ? -1 : 1)).sort((a, b) => Number(a.version) - Number(b.version));
  for (const [index, file] of files.entries()) {
    const twin = files[index + 1];
    if (twin?.version === file.version) {
      throw invalid(`${file.path} and ${twin.path} have the same version.`, 'Rename one of them to a later second.');
    }
  }
}
