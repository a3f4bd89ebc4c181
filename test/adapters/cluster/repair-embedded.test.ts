import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { diagnoseEmbedded } from '../../../src/adapters/cluster/embedded/diagnose-embedded.ts';
import { embeddedCluster } from '../../../src/adapters/cluster/embedded/embedded-cluster.ts';
import { repairEmbedded } from '../../../src/adapters/cluster/embedded/repair-embedded.ts';
import { type BorrowedHome, borrowHome } from './borrow-home.ts';

let borrowed: BorrowedHome;
let home: string;
let copy: string;

beforeAll(async () => {
  borrowed = borrowHome();
  home = borrowed.home;
  await embeddedCluster({ home }).ensure();
  const { folder } = borrowed.layout();
  copy = join(folder, readdirSync(folder).find((name) => name.startsWith('native-')) ?? '');
  mkdirSync(join(home, 'keys'), { mode: 0o700 });
  writeFileSync(join(home, 'keys/vault.key'), 'secret', { mode: 0o600 });
});
afterAll(() => borrowed.dispose());

/** Whatever was broken, a second repair finds nothing, and neither does the doctor. */
afterEach(async () => {
  expect(await repairEmbedded({ home })).toEqual([]);
  expect(await faults()).toEqual([]);
});

async function expectStart(): Promise<void> {
  const cluster = embeddedCluster({ home });
  await cluster.stop();
  expect((await cluster.ensure()).kind).toBe('embedded');
}

const faults = async () => (await diagnoseEmbedded({ home })).filter((finding) => !finding.ok);
const modeOf = (path: string) => statSync(path).mode & 0o777;

const paths: [string, string, number, () => string][] = [
  ['home', '0777', 0o755, () => home],
  ['key folder', '0755', 0o700, () => join(home, 'keys')],
  ['key file', '0644', 0o600, () => join(home, 'keys/vault.key')],
  ['password file', '0640', 0o600, () => borrowed.layout().passwordFile],
  ['password file', '0200', 0o600, () => borrowed.layout().passwordFile],
  ['state file', '0666', 0o600, () => borrowed.layout().stateFile],
  ['data folder', '0755', 0o700, () => borrowed.layout().data],
  ['cluster folder', '0777', 0o755, () => borrowed.layout().folder],
  ['log folder', '0755', 0o700, () => borrowed.layout().log],
];

test.each(paths)('a %s of mode %s is found and mended', async (name, shown, right, pathOf) => {
  const path = pathOf();
  chmodSync(path, Number.parseInt(shown, 8));
  expect((await faults()).filter((fault) => fault.name === name)).toEqual([
    { name, ok: false, detail: `${path} has mode ${shown}.`, fix: `chmod ${right.toString(8)} ${path}` },
  ]);
  expect(await repairEmbedded({ home })).toEqual([
    `The ${name} ${path} had mode ${shown}; it has 0${right.toString(8)} now.`,
  ]);
  expect(modeOf(path)).toBe(right);
});

test('a data folder its group may read, as PostgreSQL allows it, is left alone', async () => {
  const { data } = borrowed.layout();
  chmodSync(data, 0o750);
  expect([await faults(), await repairEmbedded({ home }), modeOf(data)]).toEqual([[], [], 0o750]);
  chmodSync(data, 0o700);
});

const damages: [string, string, (file: string) => void][] = [
  ['missing', 'bin/initdb', (file) => rmSync(file)],
  ['closed', 'bin/postgres', (file) => replace(file, () => chmodSync(file, 0o644))],
  ['wrong', 'bin/pg_ctl', (file) => replace(file, () => truncateSync(file, 100))],
  ['missing', 'lib/libpq.so.5', (file) => rmSync(file)],
  ['wrong', 'lib/libpq.so.5', (file) => [rmSync(file), symlinkSync('nowhere', file)]],
  ['missing', 'share/postgresql/timezone/Europe/Vienna', (file) => rmSync(join(file, '..'), { recursive: true })],
];

/** Not through a hard link into the installed package. */
function replace(file: string, damage: () => void): void {
  const content = readFileSync(file);
  rmSync(file);
  writeFileSync(file, content, { mode: 0o755 });
  damage();
}

test.each(damages)('a %s %s of the copy is found and put right while the server runs', async (kind, path, damage) => {
  const file = join(copy, path);
  const before = describeFile(file);
  damage(file);
  const [finding, ...others] = await faults();
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ name: 'copy of the programs', fix: 'turbobackend doctor --fix' });
  expect(finding?.detail).toContain(`(${kind})`);
  expect(await repairEmbedded({ home })).toEqual([expect.stringMatching(/^\d+ files? of .* put right/)]);
  expect(describeFile(file)).toEqual(before);
  expect(readdirSync(join(file, '..')).filter((name) => name.includes('.new-'))).toEqual([]);
  await expectStart();
});

function describeFile(file: string): unknown {
  const stat = lstatSync(file);
  return stat.isSymbolicLink() ? readlinkSync(file) : { size: stat.size, isProgram: (stat.mode & 0o100) !== 0 };
}

test("what is not ours is left alone: links, and files of somebody else's", async () => {
  const target = join(borrowed.home, '..', 'elsewhere');
  writeFileSync(target, '', { mode: 0o644 });
  symlinkSync(target, join(home, 'keys/linked.key'));
  expect(await repairEmbedded({ home })).toEqual([]);
  expect(modeOf(target)).toBe(0o644);
});

test('where nothing was made nothing is mended, and nothing is made', async () => {
  const other = borrowHome();
  expect(await repairEmbedded({ home: other.home })).toEqual([]);
  expect(existsSync(other.home)).toBe(false);
  await other.dispose();
});
