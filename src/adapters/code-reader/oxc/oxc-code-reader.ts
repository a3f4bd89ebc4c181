import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CodeReader, CodeTree } from '../../../ports/code-reader.ts';

const DEADLINE_MS = 20_000;
/** Of all trees together; a tree takes some fifty times the room of its text. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** In a process of its own: a few kilobytes of brackets overflow the stack of the parser, and end the process it is in. */
const PROGRAM = `
let text = '';
for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
const { parseSync } = await import(process.argv[1]);
const trees = Object.entries(JSON.parse(text)).map(([path, source]) => {
  const lang = path.endsWith('.ts') ? 'ts' : 'js';
  const { program, errors: [error] } = parseSync(path, source, { lang, sourceType: 'module' });
  return [path, error ? { problem: error.message, offset: error.labels[0]?.start ?? 0 } : { program }];
});
const plain = (_key, value) => (typeof value === 'bigint' || value instanceof RegExp ? String(value) : value);
process.stdout.write(JSON.stringify(Object.fromEntries(trees), plain));`;

/** The parser that the bundler brings along, so that what is judged is what is built. */
export function oxcCodeReader({ packageRoot }: { readonly packageRoot: string }): CodeReader {
  return {
    async read(files) {
      if (Object.keys(files).length === 0) return {};
      const parser = createRequire(join(packageRoot, 'package.json')).resolve('rolldown/utils');
      const answer = await run(pathToFileURL(parser).href, JSON.stringify(files));
      const trees = answer === null ? null : parseAnswer(answer);
      if (trees) return Object.fromEntries(Object.keys(files).map((path) => [path, treeOf(trees[path])]));
      // One of them brought the parser down: the others are read without it.
      const entries = Object.entries(files);
      if (entries.length === 1) return Object.fromEntries(entries.map(([path]) => [path, UNREADABLE]));
      const halves = [entries.slice(0, entries.length / 2), entries.slice(entries.length / 2)];
      const read = await Promise.all(halves.map((half) => this.read(Object.fromEntries(half))));
      return Object.assign({}, ...read);
    },
  };
}

const UNREADABLE: CodeTree = { problem: 'it cannot be parsed: it is too deeply nested, or too large', offset: 0 };

function treeOf(value: unknown): CodeTree {
  if (typeof value !== 'object' || value === null) return UNREADABLE;
  if ('program' in value) return { program: value.program };
  const { problem, offset } = { problem: '', offset: 0, ...value };
  return { problem: String(problem), offset: Number(offset) };
}

function parseAnswer(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** What the parser says; null when it does not come to an end. */
function run(parser: string, input: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, parser], {
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.stdin.on('error', () => {});
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString() : null));
    child.stdin.end(input);
  });
}
