import { afterAll, beforeAll, expect } from 'vitest';
import { daytonaMachines } from '../../src/adapters/remote-machine/daytona/daytona-machines.ts';
import { machineSandbox } from '../../src/adapters/sandbox/elsewhere/machine-sandbox.ts';
import { writingSandboxName } from '../../src/domain/remote.ts';
import type { SandboxElsewhere } from '../../src/ports/sandbox.ts';
import { type FakeDaytona, startFakeDaytona } from './fakes/daytona.ts';
import { scaffoldServices } from './generated-projects.ts';
import { sandboxEnvironment } from './sandbox-environment.ts';

const PROJECT = 'abcdefghijklmnop';
const LOCK = JSON.stringify({ name: 'x', version: '1.0.0', lockfileVersion: 3, packages: {} });

/** What the machine of the project is called. */
export const NAME = writingSandboxName(PROJECT);
export const withPackages = { 'package.json': '{"name":"x","version":"1.0.0"}', 'package-lock.json': LOCK };

/** A program that says how often it was run. */
export const append =
  "import { appendFileSync, readFileSync } from 'node:fs'; appendFileSync('n', 'x'); console.log(readFileSync('n', 'utf8'));";
export const run = { args: ['append.mjs'], deadlineMs: 60_000 };

/** A service of machines for the tests of a file, where nothing may be done that the real one would not understand. */
export function lendMachines() {
  let fake: FakeDaytona | undefined;
  const notes: string[] = [];
  const started = () => {
    if (!fake) throw new Error('the service is not there yet');
    return fake;
  };
  beforeAll(async () => {
    fake = await startFakeDaytona({ environment: sandboxEnvironment });
  });
  afterAll(async () => {
    expect(started().violations()).toEqual([]);
    await started().close();
  });
  return {
    fake: started,
    notes,
    /** As another process has it. */
    async open(): Promise<SandboxElsewhere> {
      const { key: apiKey, apiUrl } = started();
      const machines = daytonaMachines({ apiKey, apiUrl, target: null, organizationId: null });
      const { readTree } = scaffoldServices.templates;
      const tools = { ...(await readTree('workspace')), ...(await readTree('rooms')) };
      return machineSandbox({ projectId: PROJECT, machines, tools, onNote: (note) => notes.push(note) });
    },
  };
}
