import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daytona, DaytonaConflictError, DaytonaError, DaytonaNotFoundError } from '@daytona/sdk';
import { expect, test } from 'vitest';
import { type FakeDaytona, withFakeDaytona } from './daytona.ts';

/** Daytona's own client, which sends nothing to anybody but the fake. */
const officialClient = (fake: FakeDaytona): Daytona =>
  new Daytona({ apiKey: fake.key, apiUrl: fake.apiUrl, target: 'us', useDeprecatedPolling: true, otelEnabled: false });

test('Daytona’s own client makes, finds, labels, stops, starts and deletes sandboxes of the fake', () =>
  withFakeDaytona(async (fake) => {
    const daytona = officialClient(fake);
    const labels = { 'turbobackend/project': 'p1' };
    const order = { name: 'tb-p1', labels, image: 'node:22-slim', autoStopInterval: 30, autoDeleteInterval: 60 };
    const sandbox = await daytona.create(order);
    expect(sandbox.state).toBe('started');
    await expect(daytona.create(order)).rejects.toBeInstanceOf(DaytonaConflictError);
    expect((await daytona.get('tb-p1')).id).toBe(sandbox.id);
    const found: string[] = [];
    for await (const each of daytona.list({ labels })) found.push(each.id);
    expect(found).toEqual([sandbox.id]);
    expect(await sandbox.setLabels({ ...labels, more: 'x' })).toEqual({ ...labels, more: 'x' });
    await sandbox.stop();
    await sandbox.start();
    expect(sandbox.state).toBe('started');
    await sandbox.delete();
    await expect(daytona.get('tb-p1')).rejects.toBeInstanceOf(DaytonaNotFoundError);
    expect(fake.created()).toBe(1);
  }));

test('Daytona’s own client runs commands, moves files and follows sessions in the fake', () =>
  withFakeDaytona(async (fake) => {
    const daytona = officialClient(fake);
    const sandbox = await daytona.create({ name: 'tb-p2', envVars: { GREETING: 'hello' } });
    const said = await sandbox.process.executeCommand('echo "$GREETING $NAME"; echo late >&2; exit 3', undefined, {
      NAME: 'you',
    });
    expect(said).toMatchObject({ exitCode: 3, result: expect.stringContaining('hello you\n') });
    await sandbox.fs.uploadFiles([
      { source: Buffer.from('one'), destination: 'a/one.txt' },
      { source: Buffer.from([0, 255, 13, 10]), destination: 'two.bin' },
    ]);
    expect((await sandbox.fs.downloadFile('a/one.txt')).toString()).toBe('one');
    expect([...(await sandbox.fs.downloadFile('two.bin'))]).toEqual([0, 255, 13, 10]);
    await expect(sandbox.fs.downloadFile('none')).rejects.toBeInstanceOf(DaytonaNotFoundError);
    await sandbox.process.createSession('s');
    const { cmdId } = await sandbox.process.executeSessionCommand('s', {
      command: 'echo out; sleep 30',
      runAsync: true,
    });
    await expect.poll(async () => (await sandbox.process.getSessionCommandLogs('s', cmdId)).stdout).toBe('out\n');
    expect((await sandbox.process.getSessionCommand('s', cmdId)).exitCode).toBeUndefined();
    await sandbox.process.deleteSession('s');
    await sandbox.delete();
  }));

test('the fake ends a command with all it started when its time is up, and says so as the daemon does', () =>
  withFakeDaytona(async (fake) => {
    const sandbox = await officialClient(fake).create({ name: 'tb-p3' });
    const run = sandbox.process.executeCommand('sleep 60 & echo $! > pid; wait', undefined, undefined, 1);
    await expect(run).rejects.toMatchObject({ statusCode: 408, code: 'PROCESS_EXECUTION_TIMEOUT' });
    const pid = Number((await sandbox.fs.downloadFile('pid')).toString());
    await expect.poll(() => existsSync(`/proc/${pid}/exe`)).toBe(false);
  }));

test('the fake knows its keys, what each may do, and until when', () =>
  withFakeDaytona(async (fake) => {
    fake.keys.set('dtn_reads', { permissions: [] });
    fake.keys.set('dtn_late', { permissions: ['write:sandboxes'], expiresAt: '2020-01-01T00:00:00.000Z' });
    const statusWith = async (apiKey: string) => {
      const client = new Daytona({ apiKey, apiUrl: fake.apiUrl, useDeprecatedPolling: true, otelEnabled: false });
      const error = await client.create({ name: 'x' }).catch((thrown: unknown) => thrown);
      return error instanceof DaytonaError ? error.statusCode : null;
    };
    expect([await statusWith('dtn_reads'), await statusWith('dtn_late'), await statusWith('wrong')]).toEqual([
      403, 401, 401,
    ]);
    expect(fake.created()).toBe(0);
  }));

test('what a fake did wrong is told: a field that the document does not have', async () => {
  const answer = withFakeDaytona(async (fake) => {
    const headers = { authorization: `Bearer ${fake.key}`, 'content-type': 'application/json' };
    await fetch(`${fake.apiUrl}/sandbox`, { method: 'POST', headers, body: '{"nmae": "x"}' });
  });
  await expect(answer).rejects.toThrow(/nmae/);
});

test('a preview leads to a port of the sandbox, with the token only', () =>
  withFakeDaytona(async (fake) => {
    const sandbox = await officialClient(fake).create({ name: 'tb-p4' });
    const program = 'require("http").createServer((q, r) => r.end("in " + q.url)).listen(process.argv[2], "127.0.0.1")';
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    writeFileSync(join(fake.sandboxes()[0]?.workDirectory ?? '', 'server.cjs'), program);
    await sandbox.process.createSession('web');
    const command = `"${process.execPath}" server.cjs ${port}`;
    await sandbox.process.executeSessionCommand('web', { command, runAsync: true });
    const { url, token } = await sandbox.getPreviewLink(port);
    expect((await fetch(`${url}/a`)).status).toBe(401);
    const read = async () => (await fetch(`${url}/a?b=1`, { headers: { 'x-daytona-preview-token': token } })).text();
    await expect.poll(read).toBe('in /a?b=1');
  }));
