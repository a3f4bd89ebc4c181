import type { ProjectRecord } from '../../../ports/state-records.ts';
import { type CliCommand, flag } from '../command.ts';

export const listCommand: CliCommand = {
  define: (program) =>
    program
      .command('list')
      .summary('your projects')
      .description('Lists your projects, their databases and their servers.')
      .option('--all', "everybody's in this metadata database, with their owners"),

  async run(cli, typed) {
    const services = await cli.services();
    const all = flag(typed, 'all');
    const [known, databases] = await Promise.all([services.state.listProjects(), services.state.listDatabases()]);
    const records = all ? known : known.filter(({ owner }) => owner === services.owner);
    const projects = await Promise.all(
      records.map(async (project) => {
        const server = await services.target.inspect(project.id);
        const own = databases.filter(({ projectId }) => projectId === project.id);
        return {
          ...project,
          databases: own.map(({ env, databaseName: name, status }) => ({ env, name, status })),
          server: server?.status ?? null,
          url: server?.status === 'running' ? server.url : null,
        };
      }),
    );
    return {
      data: { projects },
      text() {
        const others = known.length - records.length;
        const hint = others > 0 ? `${others} of other owners: ${cli.config.command} list --all` : '';
        if (projects.length === 0) {
          return [`No projects yet. Make one: ${cli.config.command} create "blog API"`, hint].join('\n').trim();
        }
        const rows = projects.map((project) => rowOf(project, all));
        return `${listing(rows, process.stdout.columns || NARROW)}\n${hint}`.trim();
      },
    };
  },
};

/** What a terminal has at least, and what is meant where none tells its width. */
const NARROW = 80;

interface Listed extends Pick<ProjectRecord, 'name' | 'id' | 'owner' | 'status' | 'directory'> {
  readonly databases: readonly { readonly env: string; readonly status: string }[];
  readonly server: string | null;
  readonly url: string | null;
}

/** Title and text of what is shown about a project, in order. */
type Row = readonly (readonly [string, string])[];

function rowOf({ name, id, owner, status, databases, server, url, directory }: Listed, all: boolean): Row {
  const shown = databases.map((found) => (found.status === 'trashed' ? `${found.env} (trash)` : found.env));
  return [
    ['name', name],
    ['id', id],
    ...(all ? [['owner', owner] as const] : []),
    ['state', status],
    ['databases', shown.join(', ') || '-'],
    ['server', server ?? '-'],
    ['url', url ?? '-'],
    ['folder', directory],
  ];
}

/** Columns below each other where they fit into the width; else a line for each. */
function listing(rows: readonly Row[], width: number): string {
  const titles = rows[0]?.map(([title]) => title) ?? [];
  const texts = [titles, ...rows.map((row) => row.map(([, text]) => text))];
  const widths = titles.map((_, at) => Math.max(...texts.map((row) => [...(row[at] ?? '')].length)));
  if (widths.reduce((sum, one) => sum + one + 2, 0) - 2 <= width)
    return texts
      .map((row) =>
        row
          .map((text, at) => padded(text, widths[at] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  return rows.map(blockOf).join('\n');
}

function blockOf(row: Row): string {
  const [name, id, ...others] = row;
  const facts = others.filter(([title, text]) => title !== 'folder' && !(text === '-' && title === 'url'));
  const lines = facts.map(([title, text]) => `  ${title.padEnd(10)} ${text}`);
  const folder = row.find(([title]) => title === 'folder');
  return [`${name?.[1]} (${id?.[1]})`, ...lines, `  ${'folder'.padEnd(10)} ${folder?.[1]}`].join('\n');
}

const padded = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - [...text].length));
