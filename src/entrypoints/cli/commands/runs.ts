import { stripInvisible } from '../../../domain/request.ts';
import type { RunHolder, RunRecord } from '../../../ports/runs.ts';
import type { Services } from '../../../ports/services.ts';
import type { ProjectRecord } from '../../../ports/state-records.ts';
import type { CliCommand } from '../command.ts';
import type { Outcome, Style } from '../output/output.ts';
import { projectNamed } from '../project.ts';

export const runsCommand: CliCommand = {
  define: (program) =>
    program
      .command('runs')
      .summary('every create, and how far it came')
      .description(
        'Lists the runs of create, also those of other machines: running, interrupted, failed, cancelled or done. With a project: the steps of its run.',
      )
      .argument('[project]', 'name, id or folder'),

  async run(cli, typed) {
    const services = await cli.services();
    const wanted = typed.args[0];
    if (wanted === undefined) return listAll(await services.state.listProjects(), services, cli.config.command);
    const project = await projectNamed(wanted, cli.cwd, services, 'look');
    const run = await services.runs.find(project.id);
    const named = { id: project.id, name: project.name, directory: project.directory };
    return {
      data: { project: named, run },
      text: (style) => describeRun(project, run, cli.config.command, style),
    };
  },
};

async function listAll(
  projects: readonly ProjectRecord[],
  services: Pick<Services, 'runs'>,
  command: string,
): Promise<Outcome> {
  const records = await services.runs.list();
  const known = new Set(records.map((record) => record.projectId));
  // A run that has just got its lock has written nothing yet.
  const starting = projects.filter(({ id, status }) => status === 'creating' && !known.has(id));
  const begun = (await Promise.all(starting.map(({ id }) => services.runs.find(id)))).filter((run) => run !== null);
  const runs = [...records, ...begun].map((record) => {
    const { name = null, directory = null } = projects.find((project) => project.id === record.projectId) ?? {};
    return { name, directory, ...record };
  });
  const { default: Table } = await import('cli-table3');
  return {
    data: { runs },
    text() {
      if (runs.length === 0) return `Nothing was ever run. Make a backend: ${command} create "blog API"`;
      const grid = new Table({
        head: ['project', 'id', 'state', 'step', 'since', 'who'],
        style: { head: [], border: [] },
      });
      for (const run of runs) {
        const since = run.holder?.since ?? run.updatedAt;
        grid.push([run.name ?? '-', run.projectId, stateText(run), stepReached(run), when(since), who(run.holder)]);
      }
      return grid.toString();
    },
  };
}

function describeRun(project: ProjectRecord, run: RunRecord | null, command: string, style: Style): string {
  const title = `${style.bold(project.name)} ${style.dim(project.id)}`;
  if (run === null) return `${title}\n  It was not made by create: there is no run.`;
  const lines = [title, `  state     ${stateText(run)}`];
  if (run.holder) lines.push(`  who       ${who(run.holder)}, since ${when(run.holder.since)}`);
  lines.push(`  begun     ${when(run.startedAt)}`, `  changed   ${when(run.updatedAt)}`);
  for (const { name, startedAt, ms, error } of run.steps) {
    const mark = error === null ? style.green('✔') : style.red('✖');
    lines.push(`  ${mark} ${name.padEnd(10)} ${when(startedAt)}  ${(ms / 1000).toFixed(2)} s`);
    if (error !== null) lines.push(`    ${stripInvisible(error)}`);
  }
  if (run.state === 'running') lines.push(`  Stop it: ${command} cancel ${project.id}`);
  else if (run.state !== 'done' && !run.holder) lines.push(`  Go on with it: ${command} resume ${project.id}`);
  return lines.join('\n');
}

const stateText = ({ state, holder }: RunRecord) => (state === 'cancelled' && holder ? 'cancelled, stopping' : state);

/** The last step that was recorded; the failed one when one has failed. */
function stepReached({ steps }: RunRecord): string {
  const step = steps.find(({ error }) => error !== null) ?? steps.at(-1);
  if (!step) return '-';
  return step.error === null ? step.name : `${step.name} (failed)`;
}

/** Who has a run, as people say it: `pid 4711 on workstation`. */
function who(holder: RunHolder | null): string {
  if (holder === null) return '-';
  return `pid ${holder.pid}${holder.host === undefined ? '' : ` on ${holder.host}`}`;
}

function when(seconds: number | null): string {
  return seconds === null ? '-' : new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
}
