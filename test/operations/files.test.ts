import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { s3Store } from '../../src/adapters/object-store/s3/s3-store.ts';
import { localWorkspace } from '../../src/adapters/workspace/local/local-workspace.ts';
import { isPlainPath, isSavedPath } from '../../src/domain/file-manifest.ts';
import { projectShape } from '../../src/domain/project.ts';
import { isSecretFile, secretValues } from '../../src/domain/secret-files.ts';
import { listFiles, pullFiles } from '../../src/operations/pull-files.ts';
import { pushFiles } from '../../src/operations/push-files.ts';
import type { Remotes } from '../../src/ports/remotes.ts';
import { type FakeS3, startFakeS3 } from '../support/fakes/s3.ts';
import { lendMetadata } from '../support/model-service.ts';
import { patientTime } from '../support/patient-time.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

const metadata = lendMetadata();
const KEY = { id: 'AKIAFAKE', secret: 'canary-secret-of-the-fake' };
const SECRET = 'canary-9f8e7d6c5b4a';
const FILES: Readonly<Record<string, string | Buffer>> = {
  'turbobackend.json': '{}',
  'server/app.ts': 'export const app = 1;\n',
  'server/copy.ts': 'export const app = 1;\n',
  'public/icon.bin': Buffer.from([0xff, 0x00, 0xfe, 0xc3]),
  '.github/workflows/ci.yml': 'on: push\n',
  '.env.example': 'DATABASE_URL=\n',
  '.turbobackend/generated/server/app.ts': 'export const app = 0;\n',
  'ä ö/💾.txt': '',
};
const NEVER: Readonly<Record<string, string>> = {
  '.env': `DB_PASSWORD="${SECRET}"\n`,
  '.env.migrate': 'MIGRATION_DATABASE_URL="postgres://m:another-canary-1234@h/d"\n',
  'deep/.env.production': 'X=1',
  '.npmrc': '//registry/:_authToken=x',
  'certs/server.key': 'x',
  'node_modules/pg/index.js': 'x',
  'server/node_modules/x/index.js': 'x',
  '.git/config': 'x',
  '.output/server/index.mjs': 'x',
  '.turbobackend/report.html': 'x',
  'server.log': 'x',
};

interface Stage {
  readonly s3: FakeS3;
  readonly folder: string;
  readonly projectId: string;
  readonly directory: string;
  tick(): void;
  push(): ReturnType<typeof pushFiles>;
  pull(into: string, id?: string): ReturnType<typeof pullFiles>;
  list(): ReturnType<typeof listFiles>;
}

let projects = 0;

async function withStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  const s3 = await startFakeS3({ keys: [KEY], pageSize: 5 });
  const state = metadata.open();
  projects += 1;
  const projectId = `files${String(projects).padStart(11, '0')}`;
  const open = (bucket = 'files') =>
    s3Store({
      accessKeyId: KEY.id,
      secretAccessKey: KEY.secret,
      sessionToken: null,
      region: 'eu-central-1',
      endpoint: s3.url,
      bucket,
      time: patientTime(),
    });
  const none = () => Promise.reject(new Error('not of this test'));
  const remotes: Remotes = {
    isConfigured: () => true,
    target: none,
    machines: none,
    sandbox: none,
    codeHost: none,
    backups: none,
    objects: async (bucket) => open(bucket),
  };
  let now = 1_700_000_000;
  const clock = { now: () => now, elapsedMs: () => 0, sleep: async () => {} };
  const services = { remotes, state, workspace: localWorkspace(), clock };
  try {
    await withTemporaryFolder(async (folder) => {
      const directory = join(folder, 'project');
      write(directory, { ...FILES, ...NEVER });
      await state.claimProject({ id: projectId, name: 'blog', request: 'blog', directory, createdAt: 1 });
      const project = projectShape.parse({
        version: 1,
        id: projectId,
        name: 'blog',
        request: 'blog',
        createdAt: 1,
        decision: null,
        schema: null,
      });
      await use({
        s3,
        folder,
        projectId,
        directory,
        tick: () => {
          now += 60;
        },
        push: () => pushFiles({ project, directory }, undefined, services),
        pull: (into, id) => pullFiles({ projectId, into, ...(id === undefined ? {} : { id }) }, undefined, services),
        list: () => listFiles(projectId, undefined, services),
      });
    });
    expect(s3.faults.left).toBe(0);
  } finally {
    await s3.stop();
  }
}

function write(directory: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

function read(directory: string): Readonly<Record<string, string>> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, 'latin1')]),
  );
}

const kept = Object.fromEntries(
  Object.entries(FILES).map(([path, content]) => [path, Buffer.from(content).toString('latin1')]),
);
const keysOf = (s3: FakeS3) => [...(s3.buckets.get('files')?.objects.keys() ?? [])];

describe('files of a project in a bucket', () => {
  test('come back as they were, byte by byte, without anything secret and without what can be made again', () =>
    withStage(async ({ s3, folder, push, pull }) => {
      const pushed = await push();
      expect(pushed).toMatchObject({ bucket: 'files', files: 8, isNew: true, leftOut: [] });
      const pulled = await pull(join(folder, 'back'));
      expect(pulled).toMatchObject({ id: pushed.id, files: 8, name: 'blog' });
      expect(read(join(folder, 'back'))).toEqual(kept);
      const stored = [...(s3.buckets.get('files')?.objects.values() ?? [])].map(({ bytes }) =>
        bytes.toString('latin1'),
      );
      expect(stored.join('\n')).not.toContain('canary');
    }));

  test('a second push of the same sends nothing, and one change sends one content', () =>
    withStage(async ({ s3, directory, tick, push, list }) => {
      const first = await push();
      tick();
      expect(await push()).toMatchObject({ id: first.id, uploaded: 0, isNew: false });
      const before = keysOf(s3).length;
      write(directory, { 'server/app.ts': 'export const app = 2;\n' });
      expect(await push()).toMatchObject({ uploaded: 1, isNew: true });
      expect(keysOf(s3)).toHaveLength(before + 2);
      expect((await list()).map(({ files }) => files)).toEqual([8, 8]);
    }));

  test('what was saved before is pulled by its id, and nothing is written over', () =>
    withStage(async ({ folder, directory, tick, push, pull }) => {
      const first = await push();
      tick();
      rmSync(join(directory, 'public'), { recursive: true });
      await push();
      await pull(join(folder, 'old'), first.id);
      expect(read(join(folder, 'old'))).toEqual(kept);
      await expect(pull(join(folder, 'old'))).rejects.toMatchObject({ code: 'project.exists' });
      await expect(pull(join(folder, 'none'), 'no-such-id')).rejects.toMatchObject({ code: 'project.not_found' });
      expect(readdirSync(folder).sort()).toEqual(['old', 'project']);
    }));

  test('cut at any request, before or after it was carried out, the next push makes it whole and nothing twice', () =>
    withStage(async ({ s3, folder, directory, tick, push, pull, list }) => {
      for (const when of ['before', 'after'] as const) {
        for (let request = 0; ; request += 1) {
          tick();
          write(directory, {
            'server/app.ts': `export const cut = '${when} ${request}';\n`,
            'new.txt': `${when} ${request}`,
          });
          const lists = (await list().catch(() => [])).length;
          const faults = Array.from({ length: 5 }, (_, index) => ({
            kind: 'reset' as const,
            when,
            skip: index === 0 ? request : 0,
          }));
          s3.faults.add('*', ...faults);
          const failure = await push().then(
            () => null,
            (error: unknown) => error,
          );
          if (failure === null) {
            // One more than a push asks for: no request was left to be cut.
            expect(request).toBeGreaterThan(3);
            while (s3.faults.left > 0) s3.faults.take('*');
            break;
          }
          expect(failure).toMatchObject({ code: 'remote.unreachable' });
          expect(s3.faults.left).toBe(0);
          await push();
          expect(await list()).toHaveLength(lists + 1);
        }
      }
      await pull(join(folder, 'back'));
      expect(read(join(folder, 'back'))['new.txt']).toMatch(/^after/);
    }));

  test('only so many lists are kept, with the contents that they name and no others', () =>
    withStage(async ({ s3, folder, directory, tick, push, pull, list }) => {
      for (let number = 0; number < 23; number += 1) {
        tick();
        write(directory, { 'changing.txt': `content ${number}` });
        await push();
      }
      const saved = await list();
      expect(saved).toHaveLength(20);
      const contents = keysOf(s3).filter((key) => key.includes('/objects/'));
      // Eight files with seven contents, and one for each list.
      expect(contents).toHaveLength(7 + 20);
      await pull(join(folder, 'oldest'), saved.at(-1)?.id);
      expect(read(join(folder, 'oldest'))['changing.txt']).toBe('content 3');
    }));

  test('a secret of the project in a file is not saved, and not said', () =>
    withStage(async ({ s3, directory, push }) => {
      write(directory, { 'notes/login.md': `it is ${SECRET}` });
      const error = await push().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'secret.exposed', message: expect.stringContaining('notes/login.md') });
      expect(JSON.stringify([String(error), error])).not.toContain('canary');
      expect(s3.done).toEqual([]);
    }));

  test('a list that somebody has changed leads nowhere, and a content that was changed or is gone is told', () =>
    withStage(async ({ s3, folder, projectId, push, pull }) => {
      const { id } = await push();
      const objects = s3.buckets.get('files')?.objects;
      const key = `turbobackend/${projectId}/manifests/${id}.json`;
      const list = objects?.get(key);
      const content = keysOf(s3).find((name) => name.includes('/objects/')) ?? '';
      const object = objects?.get(content);
      if (!objects || !list || !object) throw new Error('nothing was pushed');
      objects.set(content, { ...object, bytes: Buffer.from('other'), headers: {} });
      await expect(pull(join(folder, 'back'))).rejects.toMatchObject({ code: 'remote.unusable' });
      objects.delete(content);
      await expect(pull(join(folder, 'back'))).rejects.toThrow('missing');
      const hostile = list.bytes.toString().replace('server/app.ts', '../../escape.ts');
      objects.set(key, { ...list, bytes: Buffer.from(hostile), headers: {} });
      await expect(pull(join(folder, 'back'))).rejects.toMatchObject({ code: 'remote.unusable' });
      expect(readdirSync(folder)).toEqual(['project']);
      expect(await push()).toMatchObject({ isNew: true, uploaded: 1 });
      await pull(join(folder, 'back'));
      expect(read(join(folder, 'back'))).toEqual(kept);
    }));

  test('a file that is not the same name everywhere is left out and said; one that cannot be read stops the push', () =>
    withStage(async ({ s3, directory, push }) => {
      write(directory, { 'odd:name.txt': 'x' });
      expect((await push()).leftOut).toEqual(['odd:name.txt']);
      if (process.getuid?.() === 0) return;
      const before = s3.done.length;
      chmodSync(join(directory, 'server/app.ts'), 0);
      await expect(push()).rejects.toMatchObject({ code: 'workspace.unwritable' });
      expect(s3.done).toHaveLength(before);
    }));
});

test('what is secret, saved and plain is told by its name', () => {
  for (const path of Object.keys(FILES))
    expect([path, isSavedPath(path), isPlainPath(path)]).toEqual([path, true, true]);
  for (const path of ['.env', 'a/.env.local', '.ENV', 'x.pem', '.ssh/id_ed25519'])
    expect(isSecretFile(path)).toBe(true);
  for (const path of ['.env.example', 'environment.ts', 'monkey', 'keys.ts']) expect(isSecretFile(path)).toBe(false);
  expect(
    secretValues(`A=1\nexport APP_SECRET='0123456789ab'\nURL=postgres://u:p%40ssword-long@h/d\nKEY=short`),
  ).toEqual(['0123456789ab', 'p%40ssword-long', 'p@ssword-long']);
});
