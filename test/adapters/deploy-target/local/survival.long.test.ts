import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import type { LocalTargetOptions } from '../../../../src/adapters/deploy-target/local/local-target.ts';
import { identify } from '../../../../src/adapters/shared/process/identity.ts';
import type { DeployOrder, DeployTarget } from '../../../../src/ports/deploy-target.ts';
import { failureOf, linesOf, writeBrokenBackend } from '../../../contracts/deploy-target.ts';
import { eventually, withTarget } from '../../../support/fake-backend.ts';
import { leftoversOf } from '../../../support/processes.ts';

const ask = async (url: string, path: string) => (await fetch(`${url}${path}`)).text();

const supervisorPid = (home: string, projectId: string): number =>
  JSON.parse(readFileSync(join(home, 'projects', projectId, 'state.json'), 'utf8')).supervisor.pid;

const log = (target: DeployTarget, projectId: string) => linesOf(target.logs(projectId, { lines: 50, follow: false }));

/** Kills for sure and waits until it is gone. */
async function kill(pid: number | null): Promise<void> {
  if (pid === null) throw new Error('there is no process to kill');
  process.kill(pid, 'SIGKILL');
  await eventually(
    () => identify(pid),
    (found) => found === null,
    `the end of process ${pid}`,
  );
}

test('a killed server comes back by itself at the same port, and the restart is counted', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const before = await target.start(order);
    await kill(before.pid);
    const after = await eventually(
      () => target.inspect(order.projectId),
      (seen) => seen?.status === 'running',
      'the restart',
    );
    expect(after).toMatchObject({ port: before.port, restarts: 1 });
    expect(after?.pid).not.toBe(before.pid);
    expect(await log(target, order.projectId)).toContainEqual(expect.stringContaining('was ended by SIGKILL'));
  }));

test('nobody can open the inspector of a server or its supervisor by a signal', () =>
  withTarget(async ({ target, project, home }) => {
    const order = project();
    const { pid, url } = await target.start(order);
    const supervisor = supervisorPid(home, order.projectId);
    for (const each of [pid ?? 0, supervisor]) process.kill(each, 'SIGUSR1');
    await ask(url, '/health');
    const inspector = await fetch('http://127.0.0.1:9229/json/version').then(
      (answer) => answer.status,
      () => 'nobody listens',
    );
    expect(inspector).toBe('nobody listens');
    expect(await target.inspect(order.projectId)).toMatchObject({ status: 'running', pid, restarts: 0 });
    expect((await log(target, order.projectId)).join('\n')).not.toContain('Debugger listening');
  }));

test('while it waits to start again it is restarting, and can be stopped', () =>
  withTarget(
    async ({ target, project }) => {
      const order = project();
      const { pid } = await target.start(order);
      await kill(pid);
      expect(await target.inspect(order.projectId)).toMatchObject({ status: 'restarting', pid: null });
      expect(await target.stop(order.projectId)).toBe(true);
      expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped' });
    },
    { restart: { firstDelayMs: 60_000, maxDelayMs: 60_000, forgiveAfterMs: 60_000, maxDeaths: 5 } },
  ));

test('a server that dies again and again is given up, and starts when its fault is mended', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const { pid } = await target.start(order);
    const fault = join(order.directory, 'dead-on-arrival');
    writeFileSync(fault, '');
    await kill(pid);
    const failed = await eventually(
      () => target.inspect(order.projectId),
      (seen) => seen?.status === 'failed',
      'giving up',
    );
    expect(failed).toMatchObject({ pid: null, restarts: 4 });
    expect(await log(target, order.projectId)).toContainEqual(expect.stringContaining('given up after 5 deaths'));
    expect(await target.stop(order.projectId)).toBe(false);
    rmSync(fault);
    expect(await target.start(order)).toMatchObject({ status: 'running', port: failed?.port, restarts: 0 });
  }));

test('a server that lived long enough is forgiven its earlier deaths', () =>
  withTarget(
    async ({ target, project }) => {
      const order = project();
      let { pid } = await target.start(order);
      for (let death = 1; death <= 3; death += 1) {
        await kill(pid);
        const back = await eventually(
          () => target.inspect(order.projectId),
          (seen) => seen?.status === 'running' && seen.restarts === death,
          'the restart',
        );
        pid = back?.pid ?? null;
      }
    },
    { restart: { firstDelayMs: 10, maxDelayMs: 10, forgiveAfterMs: 1, maxDeaths: 2 } },
  ));

test('what a dead server has started is ended with it', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const { url, pid } = await target.start(order);
    const child = Number(await ask(url, '/child'));
    expect(identify(child)).not.toBeNull();
    await kill(pid);
    await eventually(
      () => identify(child),
      (found) => found === null,
      'the end of the child',
    );
  }));

test('a server that does not listen to SIGTERM is killed after the grace time', () =>
  withTarget(
    async ({ target, project }) => {
      const order = project();
      writeFileSync(join(order.directory, 'deaf'), '');
      const { pid } = await target.start(order);
      expect(await target.stop(order.projectId)).toBe(true);
      expect(pid && identify(pid)).toBeNull();
      expect(await log(target, order.projectId)).toContainEqual(expect.stringContaining('did not end within 0.2 s'));
    },
    { graceMs: 200 },
  ));

test('a server whose supervisor was killed is still found, and ended by stop', () =>
  withTarget(async ({ home, target, project }) => {
    const order = project();
    const before = await target.start(order);
    await kill(supervisorPid(home, order.projectId));
    expect(await target.inspect(order.projectId)).toEqual(before);
    expect(await target.stop(order.projectId)).toBe(true);
    expect(before.pid && identify(before.pid)).toBeNull();
    expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped' });
  }));

test('a server whose supervisor was killed is replaced by the next start, at the same port', () =>
  withTarget(async ({ home, target, project }) => {
    const order = project();
    const before = await target.start(order);
    await kill(supervisorPid(home, order.projectId));
    const after = await target.start(order);
    expect(after.port).toBe(before.port);
    expect(before.pid && identify(before.pid)).toBeNull();
  }));

/** What a command that was killed meanwhile may have started. */
function straySupervisor(home: string, supervisorPath: string, projectId: string): Promise<number | null> {
  const stray = spawn(process.execPath, [supervisorPath, join(home, 'projects', projectId)], { stdio: 'ignore' });
  return new Promise((resolve) => stray.once('exit', resolve));
}

test('a killed server is restarting, never unhealthy, until it answers again', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const { pid } = await target.start(order);
    await kill(pid);
    const seen = new Set<string>();
    await eventually(
      async () => (await target.inspect(order.projectId))?.status ?? 'unknown',
      (status) => seen.add(status) && status === 'running',
      'the restart',
    );
    expect([...seen]).toEqual(['restarting', 'running']);
  }));

test('a second supervisor goes away at once, and the server is left alone', () =>
  withTarget(async ({ home, options, target, project }) => {
    const order = project();
    const before = await target.start(order);
    expect(await straySupervisor(home, options.supervisorPath, order.projectId)).toBe(0);
    expect(await target.inspect(order.projectId)).toEqual(before);
    await target.stop(order.projectId);
    expect(await straySupervisor(home, options.supervisorPath, order.projectId)).toBe(0);
    expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped', pid: null });
  }));

test('a supervisor that takes over from a killed one ends the server that was left', () =>
  withTarget(async ({ home, options, target, project }) => {
    const order = project();
    const before = await target.start(order);
    await kill(supervisorPid(home, order.projectId));
    const stray = straySupervisor(home, options.supervisorPath, order.projectId);
    const after = await eventually(
      () => target.inspect(order.projectId),
      (seen) => seen?.status === 'running' && seen.pid !== before.pid,
      'the takeover',
    );
    expect(after?.port).toBe(before.port);
    expect(before.pid && identify(before.pid)).toBeNull();
    await target.stop(order.projectId);
    expect(await stray).toBe(0);
  }));

test("starts and removals at the same time never get in each other's way", () =>
  withTarget(async ({ home, target, project }) => {
    const order = project();
    const verbs = [0, 1, 2, 3].flatMap(() => [() => target.start(order), () => target.remove(order.projectId)]);
    await Promise.all(verbs.map((verb) => verb()));
    await target.remove(order.projectId);
    expect(await target.inspect(order.projectId)).toBeNull();
    const rest = ['projects', 'ports', 'locks'].flatMap((folder) => readdirSync(join(home, folder)));
    expect(rest).toEqual([]);
  }));

test('after everything was killed at once, as by a reboot, it has failed, and can be stopped and started', () =>
  withTarget(async ({ home, target, project }) => {
    const order = project();
    const before = await target.start(order);
    await kill(supervisorPid(home, order.projectId));
    await kill(before.pid);
    expect(await target.inspect(order.projectId)).toMatchObject({ status: 'failed', pid: null });
    expect(await target.stop(order.projectId)).toBe(false);
    expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped', pid: null });
    expect((await target.start(order)).port).toBe(before.port);
  }));

test('a stranger that got the pid of a dead server is neither reported nor signalled', () =>
  withTarget(async ({ home, target, project }) => {
    const order = project();
    await target.start(order);
    await target.stop(order.projectId);
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
      detached: true,
    });
    try {
      const file = join(home, 'projects', order.projectId, 'state.json');
      const state = JSON.parse(readFileSync(file, 'utf8'));
      const identity = { pid: stranger.pid, stamp: 'the start of another' };
      writeFileSync(file, JSON.stringify({ ...state, status: 'running', supervisor: identity, server: identity }));
      expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped', pid: null });
      expect(await target.stop(order.projectId)).toBe(false);
      await target.start(order);
      await target.remove(order.projectId);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
      expect(stranger.pid && identify(stranger.pid)).not.toBeNull();
    } finally {
      stranger.kill('SIGKILL');
    }
  }));

test.each(['', '[]', '{"generation":"x","status":"running","server":{"pid":-1,"stamp":"x"}}'])(
  'a state file with %j in it harms nobody',
  (content) =>
    withTarget(async ({ home, target, project }) => {
      const order = project();
      await target.start(order);
      await target.stop(order.projectId);
      writeFileSync(join(home, 'projects', order.projectId, 'state.json'), content);
      expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped' });
      expect(await target.start(order)).toMatchObject({ status: 'running' });
    }),
);

/** A program that starts this project once, as a command would. */
async function writeDriver(home: string, options: LocalTargetOptions, order: DeployOrder): Promise<string> {
  const driver = join(home, '..', 'driver.mjs');
  const source = new URL('../../../../src/adapters/deploy-target/local/local-target.ts', import.meta.url).pathname;
  const built = await rolldown({ input: source, platform: 'node', logLevel: 'silent' });
  await built.write({ file: join(home, '..', 'local-target.mjs'), format: 'esm' });
  await built.close();
  const program = `import { localTarget } from './local-target.mjs';
      await localTarget(${JSON.stringify(options)}).start(${JSON.stringify(order)});`;
  writeFileSync(driver, program);
  return driver;
}

async function killedAfter(delayMs: number, driver: string): Promise<void> {
  const command = spawn(process.execPath, [driver], { stdio: 'ignore' });
  await new Promise((next) => setTimeout(next, delayMs));
  command.kill('SIGKILL');
}

test('a command killed at any instant of a start leaves nothing that stop does not end', () =>
  withTarget(async ({ home, options, target, project }) => {
    const order = project();
    const driver = await writeDriver(home, options, order);
    for (let delayMs = 60; delayMs <= 300; delayMs += 20) {
      await killedAfter(delayMs, driver);
      const isUp = delayMs % 40 === 0;
      if (isUp) expect(await target.start(order)).toMatchObject({ status: 'running' });
      await target.stop(order.projectId);
      expect(await target.inspect(order.projectId).then((seen) => seen?.pid ?? null)).toBeNull();
      // One that was just coming up when it was called off still has to notice.
      expect(await leftoversOf([join(home, 'projects'), order.directory], 5_000)).toEqual([]);
    }
  }));

test('a command killed at any instant of replacing a server does not lose what served before', () =>
  withTarget(async ({ home, options, target, project }) => {
    const order = project();
    const driver = await writeDriver(home, options, order);
    const { url } = await target.start(order);
    writeBrokenBackend(order.directory, 'broken');
    for (let delayMs = 60; delayMs <= 360; delayMs += 30) {
      await killedAfter(delayMs, driver);
      expect((await failureOf(target.start(order))).message).toContain(`serving again at ${url}`);
      expect(await ask(url, '/version')).toBe('1');
    }
    const releases = join(home, 'projects', order.projectId, 'releases');
    expect(readdirSync(releases)).toHaveLength(1);
  }));
