import type { App } from '../../../app.ts';
import { TurboError } from '../../../domain/errors.ts';
import type { Version } from '../../../domain/version.ts';
import type { ProjectRecord } from '../../../ports/state-records.ts';
import { amount } from '../change-order.ts';
import type { CliCommand } from '../command.ts';
import type { Outcome } from '../output/output.ts';
import { projectNamed } from '../project.ts';

export const historyCommand: CliCommand = {
  define: (program) =>
    program
      .command('history')
      .summary('the steps of a project, and what can be taken back')
      .description(
        'Lists the steps that were applied to a project, newest first. With a number: one of them, and where its rows lie.',
      )
      .argument('[number]', 'of a version'),

  async run(cli, typed) {
    const services = await cli.services();
    const project = await projectNamed(undefined, cli.cwd, services, 'look');
    const { listVersions } = await import('../../../operations/versions.ts');
    const versions = await listVersions(project.id, services);
    const wanted = typed.args[0];
    if (wanted === undefined) return listAll(project, versions, services, cli.config.command);
    const version = versions.find(({ number }) => String(number) === wanted);
    if (version) return showOne(project, version, services);
    throw new TurboError('version.not_found', `${project.name} has no version ${JSON.stringify(wanted)}.`, {
      hint: `${cli.config.command} history`,
    });
  },
};

function dataOf(project: ProjectRecord, version: Version, { archive }: Pick<App, 'archive'>) {
  const kept = (rows: Version['before']) =>
    rows && {
      path: archive.pathOf({ projectId: project.id, folder: rows.folder }),
      ...{ rows: rows.rows, bytes: rows.bytes, at: rows.at },
    };
  const { number, kind, state, title, env, createdAt, migrations, commits, before, undone } = version;
  return {
    ...{ number, kind, state, title, env, createdAt, migrations, commits },
    before: kept(before),
    undone: kept(undone),
  };
}

async function listAll(
  project: ProjectRecord,
  versions: readonly Version[],
  services: App,
  command: string,
): Promise<Outcome> {
  const newest = versions.toReversed();
  const { default: Table } = await import('cli-table3');
  return {
    data: {
      project: { id: project.id, name: project.name },
      versions: newest.map((version) => dataOf(project, version, services)),
    },
    text() {
      if (newest.length === 0) return `No step of ${project.name} is recorded yet.`;
      const grid = new Table({
        head: ['version', 'state', 'step', 'since', 'commit', 'rows kept'],
        style: { head: [], border: [] },
      });
      for (const { number, state, kind, title, createdAt, commits, before, undone } of newest) {
        const kept = [before, undone].reduce((sum, rows) => sum + (rows?.bytes ?? 0), 0);
        const commit = commits.at(-1)?.slice(0, 10) ?? '-';
        grid.push([
          number,
          stateText(state),
          `${kind}: ${title}`,
          when(createdAt),
          commit,
          kept ? megabytes(kept) : '-',
        ]);
      }
      return [grid.toString(), ...whatIsNext(versions, command)].join('\n');
    },
  };
}

/** What was created is no step to take back. */
function whatIsNext(versions: readonly Version[], command: string): readonly string[] {
  const cut = versions.find(({ state }) => state === 'undoing' || state === 'redoing');
  if (cut) return [`Finish what was cut: ${command} ${cut.state === 'undoing' ? 'undo' : 'redo'}`];
  const isUndoable = versions.some(({ kind, state }) => kind !== 'create' && state === 'applied');
  const isRedoable = versions.some(({ state }) => state === 'undone');
  return [
    ...(isUndoable ? [`Take the last one back: ${command} undo`] : []),
    ...(isRedoable ? [`Apply the last one that was undone again: ${command} redo`] : []),
  ];
}

function showOne(project: ProjectRecord, version: Version, services: App): Outcome {
  const data = dataOf(project, version, services);
  const rows = (title: string, kept: typeof data.before) =>
    kept ? [`  ${title}  ${amount(kept.rows, 'row')}, ${megabytes(kept.bytes)}: ${kept.path}`] : [];
  return {
    data,
    text: (style) =>
      [
        `${style.bold(`${version.number} ${version.title}`)} ${style.dim(stateText(version.state))}`,
        `  begun       ${when(version.createdAt)}, ${version.kind}, ${version.env}`,
        `  migrations  ${version.migrations.join(', ') || '-'}`,
        `  commits     ${version.commits.join(', ') || '-'}`,
        ...rows('before    ', data.before),
        ...rows('undone    ', data.undone),
        ...(data.before || data.undone
          ? ['  Each table is a file there, as COPY writes it; index.json.gz says which, and its columns.']
          : []),
      ].join('\n'),
  };
}

const STATES: Readonly<Record<Version['state'], string>> = {
  begun: 'cut, or under way',
  applied: 'applied',
  undoing: 'undo not finished',
  undone: 'undone',
  redoing: 'redo not finished',
  replaced: 'undone, and replaced',
};

const stateText = (state: Version['state']) => STATES[state];

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(bytes < 1_000_000 ? 3 : 1)} MB`;

const when = (seconds: number) => new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
