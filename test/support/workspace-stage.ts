import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system/system-clock.ts';
import { nodeHttp } from '../../src/adapters/http/node/node-http.ts';
import { daytonaMachines } from '../../src/adapters/remote-machine/daytona/daytona-machines.ts';
import type { DeployLogins } from '../../src/domain/deploy-logins.ts';
import type { ProgressEvent } from '../../src/domain/progress.ts';
import { readMigrations } from '../../src/pipeline/migration-files.ts';
import { remoteWorkspace } from '../../src/pipeline/remote-workspace.ts';
import type { Remotes } from '../../src/ports/remotes.ts';
import { type FakeDaytona, startFakeDaytona } from './fakes/daytona.ts';
import { projectOf, readSchema, scaffoldServices, writeProject } from './generated-projects.ts';
import { sandboxEnvironment } from './sandbox-environment.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

/** A project on disk, and what may be done with it. */
export type WorkspaceStage = Awaited<ReturnType<typeof makeStage>>;

/** A project on disk and a service for it, both gone afterwards. */
export function withWorkspaceStage(
  schemaName: string | null,
  work: (stage: WorkspaceStage) => Promise<void>,
): Promise<void> {
  return withTemporaryFolder(async (home) => {
    const fake = await startFakeDaytona({ environment: sandboxEnvironment });
    try {
      await work(await makeStage(home, schemaName, fake));
      expect(fake.violations()).toEqual([]);
    } finally {
      await fake.close();
    }
  });
}

async function makeStage(home: string, schemaName: string | null, fake: FakeDaytona) {
  const directory = join(home, 'project');
  const schema = schemaName === null ? null : readSchema(schemaName);
  await writeProject(directory, schema);
  const folder = { directory, project: projectOf(schema) };
  await readMigrations(folder, scaffoldServices);
  const events: ProgressEvent[] = [];
  const clock = systemClock();
  const machines = daytonaMachines({ apiKey: fake.key, apiUrl: fake.apiUrl, target: null, organizationId: null });
  const never = () => Promise.reject(new Error('not of this test'));
  const remotes: Remotes = {
    isConfigured: () => true,
    machines: async () => machines,
    sandbox: never,
    target: never,
    codeHost: never,
    objects: never,
    backups: never,
  };
  const services = {
    ...scaffoldServices,
    remotes,
    http: nodeHttp(),
    clock: { ...clock, sleep: (ms: number) => clock.sleep(Math.min(ms, 50)) },
    progress: (event: ProgressEvent) => void events.push(event),
  };
  const run = (more: { keep?: boolean } = {}, database: DeployLogins | null = null) =>
    remoteWorkspace(folder, { keep: false, ...more }, database, services);
  return { directory, folder, fake, machines, services, events, run };
}

/** The backend of the only sandbox, from outside. */
export async function askInside(
  { fake, machines }: WorkspaceStage,
  path: string,
): Promise<{ status: number; body: string }> {
  const [sandbox] = fake.sandboxes();
  const [port = 0] = sandbox?.previews.keys() ?? [];
  const { url, headers } = await machines.previewUrl(sandbox?.id ?? '', port);
  const answer = await fetch(`${url}${path}`, { headers });
  return { status: answer.status, body: await answer.text() };
}

/** Builds in no time a server that is healthy, and says what a file says. */
export const SMALL_BUILD = `mkdir -p .output/server && cat > .output/server/index.mjs <<END
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
const answer = existsSync('answer.txt') ? readFileSync('answer.txt') : 'no file';
createServer((_, response) => response.end(answer)).listen(process.env.PORT, process.env.HOST);
END`;

/** Gives the project scripts of the test's own, beside those it has. */
export function replaceScripts(directory: string, scripts: Readonly<Record<string, string>>): void {
  const file = join(directory, 'package.json');
  const manifest: { scripts: Record<string, string> } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...scripts } }));
}
