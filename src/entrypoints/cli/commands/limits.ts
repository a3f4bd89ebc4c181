import type { App } from '../../../app.ts';
import { SETTINGS } from '../../../config.ts';
import { type Environment, limitsOf, type OwnLimits } from '../../../domain/database.ts';
import { TurboError } from '../../../domain/errors.ts';
import { describeSize, storageWarning } from '../../../domain/storage.ts';
import type { ProjectRecord } from '../../../ports/state-records.ts';
import { type CliCommand, type Typed, textOption } from '../command.ts';
import { environmentFlag, environmentOf, environmentOption } from '../options.ts';
import type { Outcome, Style } from '../output/output.ts';
import { projectNamed } from '../project.ts';

/** What can be bounded, how it is typed, and what fits. The bounds are those of the settings of the same names. */
const KINDS = {
  connections: { option: 'connections', setting: 'limits.connections', from: 1, to: 90 },
  statementTimeoutSeconds: { option: 'statementTimeout', setting: 'limits.statement-timeout', from: 1, to: 3600 },
  storageMb: { option: 'storage', setting: 'limits.storage', from: 10, to: 1_000_000_000 },
} as const;
type Kind = keyof typeof KINDS;

export const limitsCommand: CliCommand = {
  define: (program) =>
    program
      .command('limits')
      .summary('what a database may use')
      .description(
        'Shows what the database of a project may use, and where each limit comes from; with options it sets and carries them out. "default" means the setting: config list.',
      )
      .argument('[project]', 'name, id or folder')
      .addOption(environmentOption())
      .option('--connections <count>', 'connections at once of the backend, 1 to 90, or default')
      .option('--statement-timeout <seconds>', 'how long a statement of the backend may take, 1 to 3600, or default')
      .option('--storage <mb>', 'megabytes it may grow to, 10 or more, none, or default'),

  async run(cli, typed) {
    const wanted = wantedLimits(typed);
    const changes = Object.keys(wanted).length > 0;
    const services = await cli.services();
    const project = await projectNamed(typed.args[0], cli.cwd, services, changes ? 'act' : 'look');
    const env = environmentOf(typed);
    if ((await services.state.findDatabase(project.id, env)) === null) {
      throw new TurboError('project.incomplete', `${project.name} has no ${env} database.`, {
        hint: `turbobackend provision${environmentFlag(env)}, in its folder`,
      });
    }
    if (changes) await carryOut(project.id, env, wanted, services);
    else if (project.owner === services.owner) await enforce(project.id, env, services);
    return show(project, env, services);
  },
};

function wantedLimits(typed: Typed): Partial<OwnLimits> {
  const connections = numberOr(typed, 'connections', ['default']);
  const statementTimeoutSeconds = numberOr(typed, 'statementTimeoutSeconds', ['default']);
  const storageMb = numberOr(typed, 'storageMb', ['default', 'none']);
  return {
    ...(connections === undefined || connections === 'none' ? {} : { connections }),
    ...(statementTimeoutSeconds === undefined || statementTimeoutSeconds === 'none' ? {} : { statementTimeoutSeconds }),
    ...(storageMb === undefined ? {} : { storageMb }),
  };
}

/** What was typed; null for `default`, undefined when nothing was. Throws `usage.invalid`. */
function numberOr(typed: Typed, kind: Kind, words: readonly string[]): number | 'none' | null | undefined {
  const { option, setting, from, to } = KINDS[kind];
  const value = textOption(typed, option);
  if (value === undefined) return undefined;
  if (words.includes(value)) return value === 'none' ? 'none' : null;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw new TurboError('usage.invalid', `${JSON.stringify(value)} does not fit ${setting}.`, {
    hint: `${SETTINGS[setting]} Or: ${words.join(', ')}`,
  });
}

async function carryOut(id: string, env: Environment, wanted: Partial<OwnLimits>, services: App): Promise<void> {
  await services.state.setLimits(id, env, wanted);
  const record = await services.state.findDatabase(id, env);
  // What lies in the trash stays there; it comes back with the new limits.
  if (record?.desired !== 'present') return;
  const { keepDatabase } = await import('../../../operations/keep-database.ts');
  await keepDatabase({ projectId: id, env }, withoutWarnings(services));
}

async function enforce(id: string, env: Environment, services: App): Promise<void> {
  const { enforceStorage } = await import('../../../operations/storage.ts');
  await enforceStorage(await services.state.findDatabase(id, env), withoutWarnings(services));
}

/** How full it is is shown with its limits. */
function withoutWarnings(services: App): App {
  return { ...services, progress: (event) => (event.kind === 'warning' ? undefined : services.progress(event)) };
}

async function show(project: ProjectRecord, env: Environment, services: App): Promise<Outcome> {
  const { id, name } = project;
  const record = await services.state.findDatabase(id, env);
  if (record === null) throw new TurboError('project.incomplete', `The ${env} database of ${name} is gone.`);
  const { readWrites, storageUses } = await import('../../../operations/storage.ts');
  const [use = null] = await storageUses([record], services);
  // The passwords of somebody else's project are not ours to open.
  const writes = project.owner === services.owner ? await readWrites(record, services) : null;
  const bytes = use?.bytes ?? null;
  const warning = bytes === null ? null : storageWarning('It', bytes, use?.limitMb ?? null, writes);
  const holding = limitsOf(record.limits, services.limits);
  const source = (kind: Kind) => (record.limits[kind] === null ? 'setting' : 'project');
  const limits = {
    connections: { value: holding.connections, from: source('connections') },
    statementTimeoutSeconds: { value: holding.statementTimeoutSeconds, from: source('statementTimeoutSeconds') },
    storageMb: { value: holding.storageMb, from: source('storageMb') },
  };
  const line = (style: Style, label: string, text: string, kind: Kind) => {
    const origin = limits[kind].from === 'project' ? 'of this database' : `setting ${KINDS[kind].setting}`;
    return `  ${label.padEnd(11)} ${text.padEnd(16)} ${style.dim(origin)}`;
  };
  return {
    data: { project: { id, name }, env, limits, storage: { ...use, writes, warning } },
    text: (style) =>
      [
        `${style.bold(name)} ${style.dim(`${id} ${env}`)}`,
        line(style, 'connections', `${holding.connections} at once`, 'connections'),
        line(style, 'statements', `${holding.statementTimeoutSeconds} s each`, 'statementTimeoutSeconds'),
        line(style, 'storage', holding.storageMb === null ? 'no bound' : `${holding.storageMb} MB`, 'storageMb'),
        ...(bytes === null ? [] : [`  in use      ${describeSize(bytes)}`]),
        ...(warning === null ? [] : [`  ${style.yellow(warning)}`]),
      ].join('\n'),
  };
}
