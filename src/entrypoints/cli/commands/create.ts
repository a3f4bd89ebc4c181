import { resolve } from 'node:path';
import type { Json } from '../../../domain/api-document.ts';
import { contractName, contractRequest } from '../../../domain/contract-request.ts';
import { TurboError } from '../../../domain/errors.ts';
import { nameFromRequest, slug } from '../../../domain/project-name.ts';
import type { RemotePlan, RemoteWishes } from '../../../domain/remote.ts';
import { parseRequest, type Request } from '../../../domain/request.ts';
import type { CreateOrder } from '../../../pipeline/order.ts';
import { type Cli, type CliCommand, flag, type Typed, textOption } from '../command.ts';
import { contractOption, readContract } from '../contract-option.ts';
import { databaseWish } from '../database-wish.ts';
import { asksService, modelOptions } from '../model-options.ts';
import {
  databaseOption,
  frameworkOf,
  frameworkOption,
  parseDatabaseOption,
  parsePort,
  verifyOf,
  verifyOption,
} from '../options.ts';
import type { Outcome } from '../output/output.ts';
import { planText } from '../output/remote-text.ts';
import { consentTo, givenDatabase, remoteOptions, remoteWishes } from '../remote-options.ts';
import { typedRequest } from '../template-request.ts';

export const createCommand: CliCommand = {
  define(program) {
    const command = program
      .command('create')
      .summary('make a backend from a sentence')
      .description(
        'Makes a backend from a sentence: designed, provisioned, generated, started and proven. Resumes where it was cut.',
      )
      .argument('[request]', 'what the backend is for, in a sentence')
      .option('--template <name>', 'a ready design to start from; the request says what comes to it (see: templates)')
      .addOption(contractOption())
      .option('--name <name>', 'name of the project (default: from the request)')
      .option('--dir <folder>', 'project folder (default: the name, in the current folder)')
      .addOption(databaseOption())
      .addOption(frameworkOption())
      .option('--port <port>', 'port of the server (default: a free one)')
      .addOption(verifyOption())
      .option('--no-git', 'make no git repository of the folder, and commit nothing')
      .option('--dry-run', 'show what would be made, and make nothing');
    return modelOptions(remoteOptions(command));
  },

  async run(cli, typed) {
    const wishes = remoteWishes(cli, typed);
    refuseWithoutGit(typed, wishes);
    const deployDatabase = givenDatabase(cli, typed);
    const local = { ...(await readOrder(cli, typed)), deployDatabase };
    const asks = asksService(cli);
    const remote = wishes && (await planRemote(cli, local, wishes));
    if (flag(typed, 'dryRun')) return planOnly(cli, local, asks, remote?.plan ?? null);
    if (remote) await consentTo(remote.plan, cli, typed);
    const order =
      wishes && remote ? { ...local, projectId: remote.projectId, remotes: { wishes, plan: remote.plan } } : local;
    const { create } = await import('../../../pipeline.ts');
    const created = await create(order, await cli.services());
    const { createdReport } = await import('../output/created-report.ts');
    return { data: created, text: (style) => createdReport(created, cli.config.command, style) };
  },
};

function refuseWithoutGit(typed: Typed, wishes: RemoteWishes | null): void {
  if (!wishes?.github || typed.options.git !== false) return;
  throw new TurboError(
    'usage.invalid',
    'What is not in git cannot be pushed: --no-git and --github exclude each other.',
    {
      hint: 'Leave one of them out.',
    },
  );
}

async function planRemote(cli: Cli, order: CreateOrder, wishes: RemoteWishes) {
  const { planCreate } = await import('../../../pipeline/remote-begin.ts');
  return planCreate(order, wishes, await cli.services());
}

async function readOrder(cli: Cli, typed: Typed): Promise<CreateOrder> {
  const contract = await readContract(cli, typed);
  const text =
    (contract && (await nameContract(contract)).text) ??
    (await typedRequest(cli, typed)) ??
    (await cli.ask.text('What is the backend for?', 'create "<request>"'));
  const name = textOption(typed, 'name') ?? (contract && contractName(contract));
  const directory = textOption(typed, 'dir');
  const port = parsePort(textOption(typed, 'port'));
  const request = parseRequest(text);
  const framework = frameworkOf(typed);
  if (name?.trim() === '') throw new TurboError('name.invalid', 'The name is empty.', { hint: 'Leave --name out.' });
  const place = directory ?? slug(name ?? nameFromRequest(request.text));
  const isDecided = contract !== undefined || (await isBegun(resolve(cli.cwd, place)));
  const database = isDecided
    ? parseDatabaseOption(textOption(typed, 'database'))
    : await databaseWish(cli, typed, request);
  return {
    request,
    parent: cli.cwd,
    verify: verifyOf(typed),
    git: typed.options.git !== false,
    ...(contract === undefined ? {} : { contract }),
    ...(name === undefined ? {} : { name }),
    ...(directory === undefined ? {} : { directory: resolve(cli.cwd, directory) }),
    ...(database === undefined ? {} : { database }),
    ...(port === undefined ? {} : { port }),
    ...(framework === undefined ? {} : { framework }),
  };
}

/** Refuses a document before anything is begun that would be left behind. */
async function nameContract(contract: Json): Promise<Request> {
  const { designContract } = await import('../../../domain/contract.ts');
  if (designContract(contract).schema.tables.length > 0) return contractRequest(contract);
  throw new TurboError('contract.unsupported', 'Nothing in the document is kept: it describes no collection.', {
    hint: 'Describe what is listed, made or addressed by a path, for example /articles and /articles/{id}.',
  });
}

/** What is resumed was decided already. */
async function isBegun(directory: string): Promise<boolean> {
  const [{ openFolder }, { readManifest }] = await Promise.all([
    import('../../../app.ts'),
    import('../../../operations/manifest.ts'),
  ]);
  return (await readManifest(directory, await openFolder())) !== null;
}

/** `--dry-run`: decision and schema only; no cluster is started, nothing is written. */
async function planOnly(
  cli: Cli,
  order: CreateOrder,
  asksService: boolean,
  remote: RemotePlan | null,
): Promise<Outcome> {
  const { openModel } = await import('../../../app.ts');
  const { design } = await import('../../../pipeline/design.ts');
  const { parseProjectName } = await import('../../../domain/project-name.ts');
  const { accountsText } = await import('../output/access-text.ts');
  const { model } = asksService ? await cli.services() : { model: await openModel(cli.config) };
  const { decision, schema } = await design(order, { model, progress: cli.output.progress });
  const name = order.name === undefined ? nameFromRequest(order.request.text) : parseProjectName(order.name);
  const tables = schema?.tables.map((table) => table.name) ?? [];
  const steps = decision.needsDatabase
    ? ['provision', 'scaffold', 'migrate', 'build', 'deploy', 'verify']
    : ['scaffold', 'build', 'deploy', 'verify'];
  steps.push(...new Set(remote?.things.map((thing) => thing.remote)));
  return {
    data: { dryRun: true, name, decision, schema, steps, ...(remote && { remote }) },
    text: (style) =>
      [
        style.bold(`Would create ${name}`),
        `  database  ${decision.needsDatabase ? tables.join(', ') : `none: ${decision.reason}`}`,
        ...(schema ? [`  accounts  ${accountsText(schema.accounts)}`] : []),
        `  steps     ${steps.join(' → ')}`,
        ...(remote ? planText(remote).map((line) => `  ${line}`) : []),
        style.dim('Nothing was made.'),
      ].join('\n'),
  };
}
