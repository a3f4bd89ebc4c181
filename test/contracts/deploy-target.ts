import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILD_MARK } from '../../src/domain/deployment.ts';
import { TurboError } from '../../src/domain/errors.ts';
import type { DeployTarget } from '../../src/ports/deploy-target.ts';
import { eventually, writeBackend } from '../support/fake-backend.ts';

interface Stage {
  readonly target: DeployTarget;
  project(options?: { version?: string }): { projectId: string; directory: string };
}

export async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

export async function failureOf(work: Promise<unknown>): Promise<TurboError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof TurboError) return error;
  throw new Error(`expected a TurboError, got ${error}`);
}

/** A build whose server throws before it listens. */
export function writeBrokenBackend(directory: string, message: string): void {
  writeFileSync(join(directory, '.output/server/index.mjs'), `throw new Error(${JSON.stringify(message)});\n`);
}

const ask = async (url: string, path: string) => (await fetch(`${url}${path}`)).text();

/** What every place where backends run must do, whatever it is made of. */
export function describeDeployTarget(
  name: string,
  withStage: (work: (stage: Stage) => Promise<void>) => Promise<void>,
) {
  describe(`${name} as a deploy target`, () => {
    test('starts a backend, and tells where it runs', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const deployment = await target.start(order);
        expect(deployment).toMatchObject({ projectId: order.projectId, status: 'running', restarts: 0 });
        expect(deployment.url).toContain(String(deployment.port));
        expect(await ask(deployment.url, '/version')).toBe('1');
        expect(await target.inspect(order.projectId)).toEqual(deployment);
      }));

    test('starting again serves the new build at the same address', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const first = await target.start(order);
        writeBackend(order.directory, { version: '2' });
        const second = await target.start(order);
        expect(second.url).toBe(first.url);
        expect(second.pid).not.toBe(first.pid);
        expect(await ask(second.url, '/version')).toBe('2');
      }));

    test('two starts at once leave one server', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const both = await Promise.all([target.start(order), target.start(order)]);
        const now = await target.inspect(order.projectId);
        expect(both.map(({ port }) => port)).toEqual([now?.port, now?.port]);
        expect(both.map(({ pid }) => pid)).toContain(now?.pid);
      }));

    test('stops once, and tells that there was nothing to stop the second time', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const { url, port } = await target.start(order);
        expect(await target.stop(order.projectId)).toBe(true);
        expect(await target.stop(order.projectId)).toBe(false);
        expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped', pid: null, startedAt: null });
        await expect(fetch(url)).rejects.toThrow();
        expect((await target.start(order)).port).toBe(port);
      }));

    test('knows nothing of what was never started', () =>
      withStage(async ({ target, project }) => {
        const { projectId } = project();
        expect(await target.inspect(projectId)).toBeNull();
        expect(await target.stop(projectId)).toBe(false);
        expect(await linesOf(target.logs(projectId, { lines: 5, follow: false }))).toEqual([]);
        await target.remove(projectId);
      }));

    test('a folder without a build is refused', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const failure = await failureOf(target.start({ ...order, directory: join(order.directory, 'nowhere') }));
        expect(failure.code).toBe('build.failed');
        expect(await target.inspect(order.projectId)).toBeNull();
      }));

    test('a server that dies at the start is reported with its last words, and not tried for ever', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        writeFileSync(join(order.directory, 'dead-on-arrival'), '');
        const failure = await failureOf(target.start(order));
        expect(failure.code).toBe('deploy.unhealthy');
        expect(failure.message).toContain('cannot go on');
        expect(await target.inspect(order.projectId)).toMatchObject({ status: 'failed', pid: null });
      }));

    test('a build that does not start leaves the one before it serving, twice in a row and through its crashes', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const first = await target.start(order);
        for (const fault of ['plugin one broke', 'plugin two broke']) {
          writeBrokenBackend(order.directory, fault);
          const failure = await failureOf(target.start(order));
          expect(failure.code).toBe('deploy.unhealthy');
          expect(failure.message).toContain(`serving again at ${first.url}`);
          expect(failure.message).toContain(fault);
          expect(failure.details).toMatchObject({ servesPrevious: true });
          expect(await target.inspect(order.projectId)).toMatchObject({ status: 'running', url: first.url });
          expect(await ask(first.url, '/version')).toBe('1');
        }
        await ask(first.url, '/crash').catch(() => '');
        await eventually(
          () => target.inspect(order.projectId),
          (seen) => seen?.status === 'running' && seen.restarts === 1,
          'the restart of the old build',
        );
        expect(await ask(first.url, '/version')).toBe('1');
        writeBackend(order.directory, { version: '3' });
        expect(await ask((await target.start(order)).url, '/version')).toBe('3');
      }));

    test('what was stopped on purpose is not brought back by a build that does not start', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        await target.start(order);
        await target.stop(order.projectId);
        writeBrokenBackend(order.directory, 'broken');
        const failure = await failureOf(target.start(order));
        expect(failure.message).toContain('Nothing runs now.');
        expect(failure.hint).toContain('turbobackend deploy');
        expect(await target.inspect(order.projectId)).toMatchObject({ status: 'failed', pid: null });
        expect(await target.stop(order.projectId)).toBe(false);
        expect(await target.inspect(order.projectId)).toMatchObject({ status: 'stopped', pid: null });
      }));

    test('starting again brings back what was deployed last, whatever was built since', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const first = await target.start(order);
        writeBackend(order.directory, { version: 'refused' });
        await target.stop(order.projectId);
        expect((await target.startAgain(order)).url).toBe(first.url);
        expect(await ask(first.url, '/version')).toBe('1');
        rmSync(join(order.directory, '.output'), { recursive: true });
        // While it runs too: its settings may have changed.
        expect((await target.startAgain(order)).url).toBe(first.url);
        expect(await ask(first.url, '/version')).toBe('1');
        writeBackend(order.directory, { version: '2' });
        await target.start(order);
        await target.stop(order.projectId);
        expect(await ask((await target.startAgain(order)).url, '/version')).toBe('2');
      }));

    test('a build that did not start is not what is started again', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const { url } = await target.start(order);
        await target.stop(order.projectId);
        writeBrokenBackend(order.directory, 'broken');
        expect((await failureOf(target.start(order))).code).toBe('deploy.unhealthy');
        await target.startAgain(order);
        expect(await ask(url, '/version')).toBe('1');
      }));

    test('what was never deployed, or never healthy, is not started again', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        expect(await failureOf(target.startAgain(order))).toMatchObject({ code: 'project.incomplete' });
        expect(await target.inspect(order.projectId)).toBeNull();
        writeBrokenBackend(order.directory, 'broken');
        await failureOf(target.start(order));
        writeBackend(order.directory);
        expect(await failureOf(target.startAgain(order))).toMatchObject({ code: 'project.incomplete' });
        await target.start(order);
      }));

    test('only the build that was proven is started, where one was', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const first = await target.start(order);
        for (const mark of [null, 'of other files']) {
          writeBackend(order.directory, { version: '2' });
          if (mark !== null) writeFileSync(join(order.directory, BUILD_MARK), mark);
          expect(await failureOf(target.start({ ...order, fingerprint: 'proven' }))).toMatchObject({
            code: 'build.failed',
          });
          expect(await target.inspect(order.projectId)).toEqual(first);
        }
        writeFileSync(join(order.directory, BUILD_MARK), 'proven');
        await target.start({ ...order, fingerprint: 'proven' });
        expect(await ask(first.url, '/version')).toBe('2');
      }));

    test('a running server is left alone by a build that came to nothing or was replaced under it', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const first = await target.start(order);
        rmSync(join(order.directory, '.output'), { recursive: true });
        expect((await failureOf(target.start(order))).code).toBe('build.failed');
        expect(await target.inspect(order.projectId)).toEqual(first);
        expect(await ask(first.url, '/version')).toBe('1');
      }));

    test('keeps the log over a stop, and gives its last lines', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const { url } = await target.start(order);
        for (const text of ['one', 'two', 'three']) await ask(url, `/say?text=${text}`);
        await target.stop(order.projectId);
        const lines = await linesOf(target.logs(order.projectId, { lines: 3, follow: false }));
        expect(lines).toEqual(['two', 'three', 'saying goodbye']);
      }));

    test('removing stops and forgets', () =>
      withStage(async ({ target, project }) => {
        const order = project();
        const { url } = await target.start(order);
        await target.remove(order.projectId);
        await expect(fetch(url)).rejects.toThrow();
        expect(await target.inspect(order.projectId)).toBeNull();
        expect(await linesOf(target.logs(order.projectId, { lines: 5, follow: false }))).toEqual([]);
        await target.remove(order.projectId);
      }));
  });
}
