import { describe, expect, test } from 'vitest';
import type { Login } from '../../src/domain/database.ts';
import type { Sandbox, SandboxRoom } from '../../src/ports/sandbox.ts';
import type { FileTree } from '../../src/ports/workspace.ts';

/** A project with a database that is migrated by its files: it has the table `posts`. */
export interface SandboxProject {
  readonly project: FileTree;
  readonly database: Login;
  readonly prepare: (directory: string) => Promise<void>;
}

/** A room with these files and without packages, for the time of `work`. */
export async function inRoom<T>(
  sandbox: Sandbox,
  files: FileTree,
  work: (room: SandboxRoom) => Promise<T>,
): Promise<T> {
  const room = await sandbox.open({ files, database: null, prepare: async () => {} });
  try {
    return await work(room);
  } finally {
    await room.close();
  }
}

const LOOK = `
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
const { PATH, HOME, TMPDIR, LANG, CI, NO_COLOR, PWD, OLDPWD, SHLVL, _, ...env } = process.env;
console.log(process.cwd(), import.meta.filename, JSON.stringify(env), process.argv.slice(2).join('|'));
console.error(readdirSync('.').sort().join(' '));
if (existsSync('made/text')) console.log('again ' + readFileSync('made/text', 'utf8'));
writeFileSync('deep/text', 'by the program');
writeFileSync(HOME + '/own', '');
symlinkSync('/etc/hostname', 'link');
symlinkSync('.', 'way');
process.exitCode = 3;
`;

/** Starts something that would outlive it, and says how far that came. */
const LEAVES = `
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
const text = "const { appendFileSync } = require('node:fs'); setInterval(() => appendFileSync('beats', 'x'), 20)";
spawn(process.execPath, ['-e', text], { detached: true, stdio: 'ignore' }).unref();
while (!existsSync('beats')) await new Promise((next) => setTimeout(next, 20));
`;

const ENDLESS = {
  'stays.mjs': 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);',
  'prints.mjs': "const more = () => process.stdout.write('x'.repeat(2 ** 20), more); more();",
  'leaves.mjs': LEAVES,
  'fails.mjs': "import 'nothing-there';",
};

/** Changes a package, and uses some. */
const TRY = `
import { writeFileSync } from 'node:fs';
import pg from 'pg';
import { z } from 'zod';
try {
  writeFileSync('node_modules/pg/package.json', '', { flag: 'r+' });
} catch {
  console.log('denied');
}
writeFileSync('mine', 'changed');
console.log(pg.Pool !== undefined && z.string().parse('x') === 'x');
`;

const ASK = `
import pg from 'pg';
const url = process.env.DATABASE_URL;
const pool = new pg.Pool({ connectionString: url });
const attempt = async (name, work) => console.log(name, await work().then((rows) => JSON.stringify(rows), (error) => error.code ?? 'refused'));
const ask = (text) => async () => (await pool.query(text)).rows;
await attempt('reads', ask('select count(*)::integer as count from posts'));
await attempt('writes', ask("update posts set title = title"));
await attempt('makes', ask('create table app.mine (id integer)'));
await attempt('drops', ask('drop table app.posts'));
await attempt('programs', ask('do $$ begin end $$'));
await attempt('journal', ask('select * from tb.schema_migrations'));
await attempt('becomes', ask('set role postgres'));
await attempt('files', ask("select pg_read_file('/etc/passwd')"));
const other = new URL(url);
other.pathname = '/postgres';
await attempt('other', async () => (await new pg.Pool({ connectionString: other.href }).query('select 1')).rows);
process.exit(0);
`;

/** What every place where a model's code runs must do, whatever it is made of. */
export function describeSandbox(
  name: string,
  open: () => Promise<Sandbox>,
  withProject: (work: (project: SandboxProject) => Promise<void>) => Promise<void>,
): void {
  describe(`${name} as a sandbox`, () => {
    test('runs Node in a copy of the files, which it can change, and tells how it ended', async () => {
      await inRoom(await open(), { 'look.mjs': LOOK, 'deep/er/[id].ts': "it's ünï" }, async (room) => {
        expect(room.databaseUrl).toBeNull();
        process.env.CALLER_SECRET = 'a-canary-of-the-caller';
        const environment = { VALUE: 'it\'s "$HOME"\n`x`' };
        const ran = await room.run({ args: ['look.mjs', "o'clock", '$(x)'], environment, deadlineMs: 60_000 });
        delete process.env.CALLER_SECRET;
        expect(ran.code).toBe(3);
        const seen = `/project /project/look.mjs ${JSON.stringify(environment)} o'clock|$(x)`;
        expect(ran.output.trim().replace(' node_modules', '').split('\n').sort()).toEqual([seen, 'deep look.mjs']);
        expect(await room.read('deep/text')).toBe('by the program');
        expect(await room.read('deep/er/[id].ts')).toBe("it's ünï");
        for (const none of ['none', 'deep', 'link', 'way/look.mjs', '../tmp/own']) {
          expect([none, await room.read(none)]).toEqual([none, null]);
        }
      });
    });

    test('ends what takes too long, prints without end, is not wanted any more or was left behind', async () => {
      await inRoom(await open(), ENDLESS, async (room) => {
        const run = (file: string, more: { deadlineMs?: number; signal?: AbortSignal } = {}) =>
          room.run({ args: [file], deadlineMs: 120_000, ...more });
        expect(await run('stays.mjs', { deadlineMs: 1000 })).toMatchObject({ code: null });
        const flood = await run('prints.mjs');
        expect([flood.code === 0, flood.output.length]).toEqual([false, 64_000]);
        const control = new AbortController();
        const { signal } = control;
        setTimeout(() => control.abort(), 500);
        expect((await run('stays.mjs', { signal })).code).not.toBe(0);
        expect((await run('stays.mjs', { signal })).code).not.toBe(0);
        expect((await run('leaves.mjs')).code).toBe(0);
        const [one, other] = [await room.read('beats'), await room.read('beats')];
        expect([one?.startsWith('x'), other]).toEqual([true, one]);
        expect((await run('fails.mjs')).output).toContain("'nothing-there' imported from /project/fails.mjs");
        expect((await run('none.mjs')).output).toContain("Cannot find module '/project/none.mjs'");
      });
    });

    test('gives programs the packages and the migrated database, by the rules of the backend, and no more', () =>
      withProject(async ({ project, database, prepare }) => {
        const sandbox = await open();
        const files = { ...project, 'ask.mjs': ASK, 'try.mjs': TRY };
        const room = await sandbox.open({ files, database, prepare });
        const other = await sandbox.open({ files: { ...project, mine: 'as it was' }, database, prepare });
        const environment = { DATABASE_URL: room.databaseUrl ?? '' };
        const asked = await room.run({ args: ['ask.mjs'], environment, deadlineMs: 60_000 });
        expect(asked.output.trim().split('\n')).toEqual([
          'reads [{"count":0}]',
          'writes []',
          'makes 42501',
          'drops 42501',
          'programs 42501',
          'journal 42501',
          expect.stringMatching(/^becomes (42501|22023)$/),
          'files 42501',
          expect.stringMatching(/^other (42501|28000)$/),
        ]);
        const tried = await room.run({ args: ['try.mjs'], deadlineMs: 60_000 });
        expect(tried.output).toBe('denied\ntrue\n');
        await room.close();
        expect(await other.read('mine')).toBe('as it was');
        await other.close();
      }));
  });
}
