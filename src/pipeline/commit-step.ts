import type { Endpoint } from '../domain/endpoint.ts';
import { isEndpointFile } from '../domain/endpoint-path.ts';
import { DOWN_FOLDER, MIGRATIONS_FOLDER, SUM_FILE } from '../domain/migration.ts';
import { MANIFEST_FILE, type ProjectFolder } from '../domain/project.ts';
import { readManifest } from '../operations/manifest.ts';
import type { Needs } from '../ports/services.ts';
import { endpointFilesOf } from './version-behaviour.ts';

const GENERATED = '.turbobackend/generated/';
const SUM_PATH = `${MIGRATIONS_FOLDER}/${SUM_FILE}`;

type CommitNeeds = Needs<'repository' | 'workspace' | 'progress'>;

/**
 * The files of a folder that a person has changed and not committed; null where nothing can be committed. `former` is
 * what a cut step found: what it wrote itself, and nobody touched since, is no person's.
 */
export async function findPersonal(
  directory: string,
  former: readonly string[] | null,
  services: CommitNeeds,
): Promise<readonly string[] | null> {
  const opened = await services.repository.open(directory);
  if (opened.kind === 'none') return null;
  if (former === null) return opened.changed;
  const personal: string[] = [];
  for (const path of opened.changed) {
    if (former.includes(path) || !(await isOurs(directory, path, services))) personal.push(path);
  }
  return personal;
}

/** Still as we wrote it, or nobody's but ours. */
async function isOurs(directory: string, path: string, { workspace }: Needs<'workspace'>): Promise<boolean> {
  if (path === MANIFEST_FILE || path.startsWith(GENERATED) || path.startsWith(`${MIGRATIONS_FOLDER}/`)) return true;
  const generated = await workspace.read(directory, `${GENERATED}${path}`).catch(() => null);
  return generated !== null && generated === (await workspace.read(directory, path).catch(() => null));
}

/** A step whose files are to be committed. */
export interface CommitStep {
  /** The project before it. */
  readonly before: ProjectFolder;
  /** See `findPersonal`. */
  readonly personal: readonly string[] | null;
  /** Versions of the migrations that it applied or took back; their files are part of it, whoever wrote them. */
  readonly migrations: readonly string[];
  /** Endpoints that came or went with it; the same holds for their files. */
  readonly endpoints: readonly Pick<Endpoint, 'name'>[];
  readonly message: string;
}

/**
 * Commits what a step wrote, and says what it leaves to the person. Gives the commit; null when there is none, which is
 * told and no failure.
 */
export async function commitStep(step: CommitStep, services: CommitNeeds): Promise<string | null> {
  const { directory, project } = step.before;
  const say = (message: string) => services.progress({ kind: 'note', message });
  const opened = await services.repository.open(directory);
  if (opened.kind === 'none') {
    say(`No commit: ${opened.reason}`);
    return null;
  }
  const after = await readManifest(directory, services);
  // A file that went in a run that was cut stands in no manifest any more; what it was generated from went with it.
  const bases = opened.changed.filter((path) => path.startsWith(GENERATED)).map((path) => path.slice(GENERATED.length));
  const known = new Set([
    ...[...Object.keys(project.files), ...Object.keys(after?.files ?? {}), ...bases],
    ...[MANIFEST_FILE, '.gitignore'],
  ]);
  const isOfStep = (path: string) =>
    path === SUM_PATH ||
    step.endpoints.some(({ name }) => isEndpointFile(path, name)) ||
    step.migrations.some((version) => path.startsWith(MIGRATIONS_FOLDER) && path.includes(`/${version}_`));
  const written = opened.changed.filter((path) => known.has(path) || path.startsWith(GENERATED) || isOfStep(path));
  const personal = written.filter((path) => step.personal?.includes(path) === true && !isOfStep(path));
  if (personal.length > 0) say(`Not committed, because you had changed them: ${personal.join(', ')}`);
  const paths = written.filter((path) => !personal.includes(path));
  const committed = await services.repository.commit(directory, { paths, message: step.message });
  if (committed.kind === 'none') say(`No commit: ${committed.reason}`);
  return committed.kind === 'committed' ? committed.id : null;
}

/** The first commit of a new project: everything that was generated, and its migrations. */
export async function commitFirst(directory: string, name: string, services: CommitNeeds): Promise<string | null> {
  const project = await readManifest(directory, services);
  const migrations = [MIGRATIONS_FOLDER, `${MIGRATIONS_FOLDER}/${DOWN_FOLDER}`].map(async (folder) =>
    ((await services.workspace.list(`${directory}/${folder}`)) ?? []).map((name) => `${folder}/${name}`),
  );
  const generated = Object.keys(project?.files ?? {});
  const names = (await Promise.all(migrations)).flat().filter((path) => /\.s(?:ql|um)$/.test(path));
  const custom = await endpointFilesOf(directory, project?.endpoints ?? [], services);
  // What there is none of is no part of a commit.
  const paths = [
    ...generated,
    ...generated.map((path) => `${GENERATED}${path}`),
    ...names,
    ...Object.keys(custom),
    MANIFEST_FILE,
    '.gitignore',
  ];
  const present = [...new Set(paths)];
  const committed = await services.repository.begin(directory, { paths: present, message: `create: ${name}\n` });
  if (committed.kind === 'none') services.progress({ kind: 'note', message: `No commit: ${committed.reason}` });
  return committed.kind === 'committed' ? committed.id : null;
}
