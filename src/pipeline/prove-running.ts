import { EMPTY_SCHEMA } from '../domain/schema.ts';
import { attackCheck, type SectionResult } from '../domain/verdict.ts';
import type { Check } from '../domain/verification.ts';
import { attack } from '../phases/attack.ts';
import { proveStatements } from '../phases/prove-statements.ts';
import { verify } from '../phases/verify.ts';
import type { TrialServer } from '../ports/programs.ts';
import { attackTarget } from './attack-target.ts';
import { contractTrial } from './contract-trial.ts';
import { watchContract } from './contract-watch.ts';
import type { TrialDatabase } from './trial-database.ts';
import type { Run } from './verification-run.ts';

/** Everything that takes a server that runs: it is started, used, held against its description, and attacked. */
export async function proveRunning(run: Run, database: TrialDatabase | null): Promise<void> {
  const { folder, services, sections } = run;
  // Beside the start, when nobody else has rows there: those it makes would be in the way, and come in the way of others.
  const statements = database ? sections.run('statements', () => proveSql(run, database)) : null;
  const started: { server: TrialServer | null } = { server: null };
  try {
    const isUp = await sections.run('boot', async () => {
      const { directory } = folder;
      started.server = await services.programs.serve({ directory, environment: database?.environment ?? {} });
      return { checks: await proveBoot(started.server, run) };
    });
    await statements;
    if (!isUp || !started.server) return;
    const { server } = started;
    if (folder.project.contract) leaveToTests(run);
    else {
      await proveUse(run, server, database);
      await database?.forgiveFailures();
    }
    await sections.run('attacks', () => proveDefence(run, server, database));
  } finally {
    await statements;
    await started.server?.stop();
  }
}

/** The operations of a contract are used by the project's own tests, which know them. */
function leaveToTests({ sections }: Run): void {
  for (const name of ['behaviour', 'contract'] as const) {
    sections.skip(name, 'the tests try each operation of the document, and hold its answers against it');
  }
}

async function proveSql(run: Run, { owner, scratch }: TrialDatabase): Promise<SectionResult> {
  const { folder, services } = run;
  const app = await services.sql.connect(await scratch.login('app'));
  try {
    const files = await services.workspace.readTree(folder.directory, 'server');
    const found = await proveStatements({ schema: folder.project.schema ?? EMPTY_SCHEMA, files, app, owner }, services);
    run.indexes = found.indexes;
    return { checks: found.checks };
  } finally {
    await app.close();
  }
}

/** A busy machine takes its time. */
const BOOT_MS = 15_000;

async function proveBoot({ url }: TrialServer, { services: { http, clock } }: Run): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const path of ['/health', '/ready']) {
    const begun = clock.elapsedMs();
    const answer = await http.request('GET', `${url}${path}`, { timeoutMs: BOOT_MS });
    const passed = answer.status === 200;
    const detail = passed ? '' : `GET ${path} → ${answer.status} ${answer.body.slice(0, 300)}`;
    checks.push({ name: `answers at ${path}`, passed, detail, ms: Math.round(clock.elapsedMs() - begun) });
  }
  return checks;
}

async function proveUse(run: Run, { url }: TrialServer, database: TrialDatabase | null): Promise<void> {
  const { folder, order, services, sections } = run;
  const { schema } = folder.project;
  const contract = order.profile === 'full' ? await watchContract(url, services) : null;
  const promote = database && schema?.accounts ? { promote: database.promote } : {};
  await sections.run('behaviour', () =>
    verify({ url, schema, ...promote }, { ...services, http: contract?.http ?? services.http }),
  );
  if (contract) await sections.run('contract', async () => contract.result());
}

async function proveDefence(run: Run, server: TrialServer, database: TrialDatabase | null): Promise<SectionResult> {
  const { folder, order, services } = run;
  const target = attackTarget(folder.project);
  const secret = database?.environment.APP_SECRET;
  const accounts = folder.project.schema?.accounts &&
    database && { promote: database.promote, ...(secret === undefined ? {} : { secret }) };
  const result = await attack(
    {
      url: server.url,
      ...target,
      profile: order.profile,
      readLog: async () => server.log(),
      ...(accounts ? { accounts } : {}),
      ...(database ? { plant: database.plant, readCells: database.readCells } : {}),
      ...(database && !folder.project.contract ? { countRows: database.countRows } : {}),
      ...(folder.project.contract ? { trial: contractTrial(folder.project, database) } : {}),
    },
    services,
  );
  run.attacks = result;
  const survives: Check = {
    name: 'still runs afterwards',
    passed: server.isRunning(),
    detail: server.isRunning() ? '' : 'its process has ended',
    ms: 0,
  };
  return { checks: [...result.attacks.map((tried) => attackCheck(tried, result)), survives] };
}
