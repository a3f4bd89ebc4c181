import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { localTarget } from '../../../../src/adapters/deploy-target/local/local-target.ts';
import { describeDeployTarget, failureOf, linesOf, writeBrokenBackend } from '../../../contracts/deploy-target.ts';
import { withTarget, writeBackend } from '../../../support/fake-backend.ts';

describeDeployTarget('this machine', withTarget);

const ask = async (url: string, path: string) => (await fetch(`${url}${path}`)).text();

test('the server gets its .env, a port and an address, and nothing secret of the shell', () =>
  withTarget(async ({ target, project }) => {
    const order = project({
      env: 'DATABASE_URL="postgres://u:p%23w@h/d"\nHOST=0.0.0.0\nPORT=1\nDB_PASSWORD=hunter2#x\n',
    });
    const { url, port } = await target.start(order);
    const { env, argv } = JSON.parse(await ask(url, '/env'));
    expect(env).toMatchObject({ HOST: '127.0.0.1', PORT: String(port), NODE_ENV: 'production' });
    expect(env.DATABASE_URL).toBe('postgres://u:p%23w@h/d');
    expect(env).not.toHaveProperty('SECRET_OF_THE_SHELL');
    expect(JSON.stringify(argv)).not.toContain('hunter2');
    writeFileSync(join(order.directory, '.env'), 'DATABASE_URL=changed\n');
    expect(JSON.parse(await ask((await target.start(order)).url, '/env')).env.DATABASE_URL).toBe('changed');
  }));

test('no secret of .env is in the files or the environment of the supervisor', () =>
  withTarget(async ({ home, target, project }) => {
    const order = project({ env: 'DATABASE_URL=postgres://canary-0451\n' });
    await target.start(order);
    const folder = join(home, 'projects', order.projectId);
    const state = readFileSync(join(folder, 'state.json'), 'utf8');
    const { pid } = JSON.parse(state).supervisor;
    const seen = [state, readFileSync(join(folder, 'order.json'), 'utf8')];
    if (process.platform === 'linux') {
      seen.push(...['environ', 'cmdline'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1')));
    }
    expect(seen.join('\n')).not.toContain('canary-0451');
    expect(seen.join('\n')).not.toContain('do-not-pass');
  }));

test.runIf(process.platform === 'linux')('a server or supervisor that crashes leaves no memory in a file', () =>
  withTarget(async ({ home, target, project }) => {
    const order = project({});
    const { pid } = await target.start(order);
    const state = readFileSync(join(home, 'projects', order.projectId, 'state.json'), 'utf8');
    for (const each of [pid, JSON.parse(state).supervisor.pid]) {
      // The soft limit, and the hard one, which nobody but root can raise again.
      expect(readFileSync(`/proc/${each}/limits`, 'utf8')).toMatch(/^Max core file size +0 +0 /m);
    }
  }),
);

test('the last words of a server that fails are shown without the secrets in them', () =>
  withTarget(async ({ target, project }) => {
    const order = project({ env: 'DB_PASSWORD=hunter2hunter2\n' });
    writeFileSync(join(order.directory, 'dead-on-arrival'), '');
    const failure = await failureOf(target.start(order));
    expect(failure.message).toContain('cannot go on: ***');
    expect(JSON.stringify(failure.details)).not.toContain('hunter2');
  }));

test('a .env that cannot be handed to a process is a failed start, not a dead supervisor', () =>
  withTarget(async ({ target, project }) => {
    const order = project({ env: 'BAD=a\0b\n' });
    const failure = await failureOf(target.start(order));
    expect(failure.code).toBe('deploy.unhealthy');
    expect(failure.message).toContain('ERR_INVALID_ARG_VALUE');
  }));

/** Ample for a server to come up on a busy machine. The tests that wait for its end do so side by side. */
const PATIENCE_MS = 8000;

test.concurrent('a server that is up but never healthy is given up at the deadline, with what it answered', () =>
  withTarget(
    async ({ target, project }) => {
      const order = project();
      writeFileSync(join(order.directory, 'sick'), '');
      const failure = await failureOf(target.start(order));
      expect(failure.code).toBe('deploy.unhealthy');
      expect(failure.message).toContain('503');
      expect(await target.inspect(order.projectId)).toMatchObject({ status: 'failed', pid: null });
    },
    { healthDeadlineMs: PATIENCE_MS },
  ));

test.concurrent('a server that says nothing is given up with how long it was waited for, in whole milliseconds', () =>
  withTarget(
    async ({ target, project }) => {
      const order = project();
      writeFileSync(join(order.directory, 'mute'), '');
      const { message } = await failureOf(target.start(order));
      expect(message).toMatch(/not healthy after 8\.3 s \(no answer within \d{3,} ms\)/);
    },
    { healthDeadlineMs: PATIENCE_MS + 300 },
  ));

test.concurrent('a failed start shows a few lines of its own, the errors, each once and short, without stacks', () =>
  withTarget(
    async ({ target, project }) => {
      const order = project();
      const { url } = await target.start(order);
      await fetch(`${url}/say?text=error-of-an-earlier-run`);
      await target.stop(order.projectId);
      const entry = join(order.directory, '.output/server/index.mjs');
      writeFileSync(
        entry,
        `import { createServer } from 'node:http';
        const say = (level, message, more) => console.log(JSON.stringify({ time: Date.now(), level, message, ...more }));
        for (let n = 0; n < 30; n += 1) say('info', 'harmless ' + n);
        say('error', 'x'.repeat(5000));
        createServer((request, answer) => {
          say('error', 'no health', { error: 'DATABASE is away', stack: 'at nowhere'.repeat(500) });
          answer.writeHead(500).end();
        }).listen(process.env.PORT, process.env.HOST);`,
      );
      const failure = await failureOf(target.start(order));
      const shown = failure.message.split('\n').slice(2);
      expect(shown).toEqual([
        expect.stringMatching(/^ {2}error: x{190,200}…$/),
        '  error: no health (DATABASE is away)',
      ]);
      const probes = (await linesOf(target.logs(order.projectId, { lines: 999, follow: false }))).filter((line) =>
        line.includes('no health'),
      );
      // Two hundred, if each came as soon as the one before was answered.
      expect(probes.length).toBeLessThan(50);
    },
    { healthDeadlineMs: PATIENCE_MS },
  ));

test('a server that falls ill later is reported as such, and not ended for it', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const { pid } = await target.start(order);
    writeFileSync(join(order.directory, 'sick'), '');
    expect(await target.inspect(order.projectId)).toMatchObject({ status: 'unhealthy', pid, restarts: 0 });
  }));

test('a wanted port is used, kept for the next start, and refused when a stranger has it', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const { port } = await target.start(order);
    await target.remove(order.projectId);
    expect((await target.start({ ...order, port })).port).toBe(port);
    await target.stop(order.projectId);
    const stranger = createServer();
    await new Promise<void>((done) => stranger.listen(port, '127.0.0.1', done));
    try {
      const failure = await failureOf(target.start({ ...order, port }));
      expect(failure.code).toBe('deploy.port_taken');
      if (process.platform === 'linux') expect(failure.message).toContain(`process ${process.pid}`);
      const elsewhere = await target.start(order);
      expect(elsewhere.port).not.toBe(port);
    } finally {
      await new Promise((done) => stranger.close(done));
    }
  }));

test('a port another project runs on is refused by its name, and the running server stays up', () =>
  withTarget(async ({ target, project }) => {
    const [one, two] = [project(), project()];
    const first = await target.start(one);
    const second = await target.start(two);
    const failure = await failureOf(target.start({ ...two, port: first.port }));
    expect(failure.code).toBe('deploy.port_taken');
    expect(failure.message).toContain(one.projectId);
    expect(await target.inspect(two.projectId)).toEqual(second);
    await target.stop(one.projectId);
    expect((await target.start({ ...two, port: first.port })).port).toBe(first.port);
    expect((await target.start(one)).port).not.toBe(first.port);
  }));

test.each([0, -1, 65_536, 1.5, Number.NaN])('port %s is no port', (port) =>
  withTarget(async ({ target, project }) => {
    expect((await failureOf(target.start({ ...project(), port }))).code).toBe('usage.invalid');
  }),
);

test('many projects started at once get ports of their own, all below 32768', () =>
  withTarget(async ({ options, project }) => {
    const orders = Array.from({ length: 6 }, () => project());
    // Each with a target of its own, as commands in several terminals have.
    const started = await Promise.all(orders.map((order) => localTarget(options).start(order)));
    const ports = started.map(({ port }) => port);
    expect(new Set(ports).size).toBe(6);
    expect(Math.max(...ports)).toBeLessThan(32_768);
    for (const { url } of started) expect(await ask(url, '/version')).toBe('1');
  }));

test('of two that insist on one port at once exactly one gets it', () =>
  withTarget(async ({ target, project }) => {
    const [one, two] = [project(), project()];
    const { port } = await target.start(one);
    await target.remove(one.projectId);
    const outcomes = await Promise.allSettled([target.start({ ...one, port }), target.start({ ...two, port })]);
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(lost).toHaveLength(1);
    expect(lost[0]?.reason).toMatchObject({ code: 'deploy.port_taken' });
  }));

test('a data folder that cannot be written to is named', () =>
  withTarget(async ({ home, options, project }) => {
    const file = join(home, '..', 'a-file');
    writeFileSync(file, '');
    const failure = await failureOf(localTarget({ ...options, home: join(file, 'home') }).start(project()));
    expect(failure.code).toBe('workspace.unwritable');
    expect(failure.message).toContain(file);
  }));

test('a supervisor program that is not there is said, and nothing waits for it', () =>
  withTarget(async ({ options, project }) => {
    const broken = localTarget({ ...options, supervisorPath: join(options.home, 'gone.js') });
    const failure = await failureOf(broken.start(project()));
    expect(failure.message).toContain('the supervisor ended with exit code 1');
  }));

test('an id that is not one never becomes a path', () =>
  withTarget(async ({ target }) => {
    await expect(target.inspect('../../etc')).rejects.toThrow(RangeError);
    await expect(target.remove('..')).rejects.toThrow(RangeError);
  }));

test('the build is replaced while it runs: stop finishes running requests first', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    const { url } = await target.start(order);
    const slow = await fetch(`${url}/slow`);
    writeBackend(order.directory, { version: '2' });
    const [answer] = await Promise.all([slow.text(), target.start(order)]);
    expect(answer).toBe('finished');
  }));

test('only the release that runs and the last good one are kept', () =>
  withTarget(async ({ home, target, project }) => {
    const order = project();
    const releases = () => readdirSync(join(home, 'projects', order.projectId, 'releases'));
    await target.start(order);
    writeBackend(order.directory, { version: '2' });
    await target.start(order);
    expect(releases()).toHaveLength(1);
    writeBrokenBackend(order.directory, 'broken');
    await failureOf(target.start(order));
    expect(releases()).toHaveLength(1);
    await target.stop(order.projectId);
    await failureOf(target.start(order));
    expect(releases()).toHaveLength(2);
  }));

test('a server that lacks the settings of a .env that is not there asks for provision', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    writeBrokenBackend(order.directory, 'DATABASE_URL is not set.');
    const failure = await failureOf(target.start(order));
    expect(failure.message).toContain('Nothing runs now.');
    expect(failure.message).not.toMatch(/started again/);
    expect(failure.hint).toContain('turbobackend provision');
  }));

test('a .env that vanished does not cost the server that runs with it', () =>
  withTarget(async ({ target, project }) => {
    const order = project({ env: 'DATABASE_URL=postgres://here\n' });
    const before = await target.start(order);
    rmSync(join(order.directory, '.env'));
    const failure = await failureOf(target.start(order));
    expect(failure).toMatchObject({
      code: 'deploy.unhealthy',
      hint: expect.stringContaining('turbobackend provision'),
    });
    expect(await target.inspect(order.projectId)).toEqual(before);
  }));

test('when the one before does not come back either, that nothing runs is said', () =>
  withTarget(async ({ target, project }) => {
    const order = project();
    await target.start(order);
    writeBackend(order.directory, { version: '2' });
    writeFileSync(join(order.directory, 'dead-on-arrival'), '');
    const failure = await failureOf(target.start(order));
    expect(failure.message).toContain('Nothing runs now.');
    expect(failure.details).toMatchObject({ servesPrevious: false });
    expect(await target.inspect(order.projectId)).toMatchObject({ status: 'failed', pid: null });
    rmSync(join(order.directory, 'dead-on-arrival'));
    expect(await ask((await target.start(order)).url, '/version')).toBe('2');
  }));

test('a project that was moved and then does not start gets its last good server back where it is now', () =>
  withTarget(async ({ target, project }) => {
    const order = project({ env: 'PLACE=old\n' });
    const { url } = await target.start(order);
    const directory = `${order.directory}-moved`;
    renameSync(order.directory, directory);
    writeFileSync(join(directory, '.env'), 'PLACE=new\n');
    writeBrokenBackend(directory, 'broken');
    const failure = await failureOf(target.start({ ...order, directory }));
    expect(failure.message).toContain(`serving again at ${url}`);
    expect(JSON.parse(await ask(url, '/env')).env.PLACE).toBe('new');
  }));
