import type { Environment } from '../../domain/database.ts';
import type { Endpoint, EndpointPlan } from '../../domain/endpoint.ts';
import { isTurboError, TurboError } from '../../domain/errors.ts';
import type { ProjectFolder } from '../../domain/project.ts';
import type { Request } from '../../domain/request.ts';
import type { WantedChange } from '../../pipeline/understand-change.ts';
import type { Services } from '../../ports/services.ts';
import { type Cli, flag, type Typed } from './command.ts';
import type { Outcome, Style } from './output/output.ts';

interface Place {
  readonly folder: ProjectFolder;
  readonly env: Environment;
  readonly services: Services;
}

/** What a sentence wants of the data, and of what the backend does. */
export interface WantedOfBoth extends WantedChange {
  readonly behaviour: readonly EndpointPlan[];
}

/**
 * Understands a sentence about a project. What says nothing about its data may say what it should do, where a model can
 * write that. Throws as `understandChange` does.
 */
export async function understandBoth(
  folder: ProjectFolder,
  request: Request,
  services: Services,
): Promise<WantedOfBoth> {
  const [{ understandChange }, { planBehaviour }, { EMPTY_SCHEMA }] = await Promise.all([
    import('../../pipeline/understand-change.ts'),
    import('../../pipeline/write-stage.ts'),
    import('../../domain/schema.ts'),
  ]);
  const { project } = folder;
  try {
    const wanted = await understandChange(folder, request, services);
    // Words about names and columns are about nothing else.
    const isData = wanted.decidedBy === 'its words';
    const after = { request, after: wanted.after };
    return { ...wanted, behaviour: isData ? [] : await planBehaviour(project, after, services) };
  } catch (error) {
    if (!isTurboError(error, 'request.unclear')) throw error;
    const after = project.schema ?? EMPTY_SCHEMA;
    const behaviour = await planBehaviour(project, { request, after }, services);
    if (behaviour.length === 0) throw error;
    const none = { renames: new Map(), dropped: new Set<string>(), leftOut: [] };
    return { ...none, after, decidedBy: services.model.name, behaviour };
  }
}

/** Behaviour that would be written, as lines for people. */
export function plannedLines(plans: readonly EndpointPlan[]): readonly string[] {
  return plans.map(({ method, path, purpose }) => `- write ${method} ${path}: ${purpose}`);
}

/** What became of it. */
export function writtenLines(endpoints: readonly Endpoint[], style: Style): readonly string[] {
  return endpoints.map(({ method, path, status, reason }) =>
    status === 'written' ? `wrote ${method} ${path}` : style.yellow(`${method} ${path} is not written: ${reason}`),
  );
}

/** A sentence that changes no table: what it wants done is written. */
export async function onlyBehaviour(
  cli: Cli,
  typed: Typed,
  { folder, env, services }: Place,
  behaviour: readonly EndpointPlan[],
  about: Readonly<Record<string, unknown>>,
): Promise<Outcome> {
  const planned = plannedLines(behaviour);
  const data = { ...about, steps: [], applied: [] };
  if (flag(typed, 'dryRun')) return { data, text: () => planned.join('\n') };
  await consentTo(cli, planned, planned, flag(typed, 'yes'));
  const request = String(typed.args[0]);
  const { recordVersion } = await import('../../pipeline/record-version.ts');
  const step = { env, kind: 'evolve', title: request, isCodeOnly: true } as const;
  const { endpoints } = await recordVersion(folder, step, services, async () => ({
    endpoints: await writeWanted(folder, behaviour, services),
  }));
  const details = { request, ...about };
  await services.state.recordActivity({ projectId: folder.project.id, action: 'evolved', details });
  const next = `Next: ${cli.config.command} deploy`;
  return {
    data: { ...data, endpoints },
    text: (style) => [...planned, ...writtenLines(endpoints, style), '', next].join('\n'),
  };
}

/** Lets a model write what was planned; nothing is asked of it without a plan. */
export async function writeWanted(
  folder: ProjectFolder,
  behaviour: readonly EndpointPlan[],
  services: Place['services'],
): Promise<readonly Endpoint[]> {
  if (behaviour.length === 0) return [];
  const [{ exclusively }, { writeBehaviour }] = await Promise.all([
    import('../../pipeline/exclusive.ts'),
    import('../../pipeline/write-stage.ts'),
  ]);
  return exclusively(folder, services, (current) => writeBehaviour(current, behaviour, services));
}

/** Asks whoever sits there; throws `confirm.needed` when nobody does, or they say no. */
export async function consentTo(
  cli: Cli,
  steps: readonly string[],
  planned: readonly string[],
  isAgreed: boolean,
): Promise<void> {
  if (isAgreed) return;
  if (!cli.ask.canAsk) {
    const what = `It would change schema, database and code: ${steps.join(' ')}`;
    throw new TurboError('confirm.needed', what, { hint: 'Add --yes to do it, or --dry-run to look at it.' });
  }
  if (await cli.ask.yesOrNo(`${planned.join('\n')}\nDo it?`, true)) return;
  throw new TurboError('confirm.needed', 'Nothing was changed.', { hint: 'Run it again to do it after all.' });
}
