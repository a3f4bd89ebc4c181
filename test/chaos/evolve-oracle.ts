import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileHash } from '../../src/domain/project.ts';
import { leftoversOf } from '../support/processes.ts';
import type { EvolvedProject } from './evolve-project.ts';

/** What a project must be like, whatever it was killed in. */
export interface Wanted {
  /** Columns that were added, in their order; each by one step. */
  readonly marks: readonly string[];
  /** Hash of all rows without these columns. */
  readonly rows: string;
}

/** How long processes of a killed command may take to see that it is gone. */
const PATIENCE_MS = 20_000;

/** One hash of the rows that are in the table, without the columns that were added. */
export async function rowsOf({ own }: Pick<EvolvedProject, 'own'>): Promise<string> {
  const [row] = await own(
    `SELECT count(*) || ' ' || md5(string_agg(concat_ws('|', id, title, created_at, updated_at), ',' ORDER BY id)) AS rows FROM tasks`,
  );
  return String(row?.rows);
}

const list = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : []);
const sqlFiles = (path: string) => list(path).filter((name) => name.endsWith('.sql'));

/** What of rows, tables, journal, files, code, git and history is not as wanted, or is left over; empty: all is well. */
export async function problemsOf(project: EvolvedProject, { marks, rows }: Wanted): Promise<readonly string[]> {
  const { here, own } = project;
  const columns = await own(
    "SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'tasks' AND column_name LIKE 'mark%' ORDER BY ordinal_position",
  );
  const journal = await own("SELECT version || '_' || name AS file FROM tb.schema_migrations WHERE status = 'applied'");
  const unfinished = await own("SELECT version AS v FROM tb.schema_migrations WHERE status <> 'applied'");
  const files = sqlFiles(join(here, 'migrations'));
  const manifest = JSON.parse(readFileSync(join(here, 'turbobackend.json'), 'utf8'));
  const code = readFileSync(join(here, 'server/data/tasks.ts'), 'utf8');
  const schema = manifest.schema.tables.find(({ name }: { readonly name: string }) => name === 'tasks');
  const inSchema = schema.columns.map(({ name }: { readonly name: string }) => name);
  const isMark = (name: string) => name.startsWith('mark');
  const odd = Object.entries<string>(manifest.files).filter(
    ([path, hash]) => !existsSync(join(here, path)) || fileHash(readFileSync(join(here, path), 'utf8')) !== hash,
  );
  const seen: Readonly<Record<string, readonly [found: unknown, wanted: unknown]>> = {
    rows: [await rowsOf(project), rows],
    columns: [columns.map(({ name }) => name), marks],
    journal: [journal.map(({ file }) => `${String(file)}.sql`).sort(), [...files].sort()],
    'unfinished migrations': [unfinished.length, 0],
    'migration files': [files.length, marks.length + 1],
    'ways back': [sqlFiles(join(here, 'migrations/down')).length, marks.length],
    manifest: [inSchema.filter(isMark).sort(), [...marks].sort()],
    code: [marks.filter((mark) => !code.includes(mark)), []],
    'files that are not as the manifest says': [odd.map(([path]) => path), []],
    ...(await historyOf(project, marks)),
    ...leftBehind(project),
    processes: [(await leftoversOf([project.home], PATIENCE_MS)).map(({ command }) => command), []],
  };
  return Object.entries(seen)
    .filter(([, [found, wanted]]) => JSON.stringify(found) !== JSON.stringify(wanted))
    .map(([what, [found, wanted]]) => `${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

type Seen = Readonly<Record<string, readonly [found: unknown, wanted: unknown]>>;

/** Each mark is one version, applied, in one commit, with its rows put aside once. */
async function historyOf({ here, home, metadata }: EvolvedProject, marks: readonly string[]): Promise<Seen> {
  const versions = await metadata(
    `SELECT v.state, v.details->>'title' AS title, v.details->'before'->>'folder' AS folder, v.project_id AS id
     FROM turbobackend.versions v JOIN turbobackend.projects p ON p.id = v.project_id
     WHERE p.directory = $1 AND v.number > 1 ORDER BY v.number`,
    [here],
  );
  const scratches = await metadata('SELECT id FROM turbobackend.scratch_databases');
  const databases = await metadata(
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'turbobackend\\_proj\\_%'",
  );
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: here, encoding: 'utf8' }).trim();
  const titles = marks.map((mark) => `tasks have an optional ${mark.replace('_', ' ')}`);
  const folders = versions.flatMap(({ folder }) => (folder === null ? [] : [String(folder)]));
  const id = String(versions[0]?.id ?? '');
  return {
    versions: [
      versions.map(({ state, title }) => `${String(title)}: ${String(state)}`),
      titles.map((title) => `${title}: applied`),
    ],
    commits: [git('log', '--format=%s').split('\n').slice(0, -1).reverse(), titles.map((title) => `evolve: ${title}`)],
    'uncommitted files': [git('status', '--short'), ''],
    'rows put aside': [id === '' ? [] : [...list(join(home, 'turbobackend/versions', id))].sort(), [...folders].sort()],
    'scratch databases': [scratches.length, 0],
    databases: [databases.length, 1],
  };
}

function leftBehind({ here, home }: EvolvedProject): Seen {
  const own = list(join(here, '.turbobackend'));
  const temporary = readdirSync(here, { recursive: true }).filter((name) => /\.tmp-[0-9a-f]{12}$/.test(String(name)));
  return {
    'copies of the project': [own.filter((name) => name.startsWith('trial-')), []],
    'a begun change': [own.includes('change.json'), false],
    'temporary files': [temporary, []],
    'trial servers': [list(join(home, 'turbobackend/trials')), []],
  };
}
