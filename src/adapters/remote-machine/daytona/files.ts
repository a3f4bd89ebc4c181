import { createHash } from 'node:crypto';
import { TurboError } from '../../../domain/errors.ts';
import type { RemoteRun } from '../../../ports/remote-machine.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import type { ToolboxClients } from './clients.ts';
import { readMultipart } from './multipart.ts';
import { readBytes, readWritten } from './read-answers.ts';
import type { CallPolicy } from './transport.ts';

/** So much goes in one request. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_FILES = 200;
const TRIES = 3;

/** What files are moved with. */
interface Hands {
  toolbox(policy: CallPolicy): Promise<ToolboxClients>;
  /** Runs a shell command there. */
  run(command: string): Promise<RemoteRun>;
}

/** Writes files below a folder, and sees that all of each has arrived. Throws `remote.failed` otherwise. */
export async function uploadFiles(
  directory: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  { toolbox }: Hands,
): Promise<void> {
  const entries = Object.entries(files).map(
    ([path, content]) => [placeOf(directory, path), Buffer.from(content)] as const,
  );
  const client = await toolbox({ idempotent: true, timeout: 'transfer' });
  for (const batch of batches(entries, ([, bytes]) => bytes.byteLength)) {
    const form = new FormData();
    for (const [index, [path, bytes]] of batch.entries()) {
      form.append(`files[${index}].path`, path);
      form.append(`files[${index}].file`, new Blob([new Uint8Array(bytes)]), path);
    }
    // Made once, so that another try sends the very same bytes.
    const encoded = new Response(form);
    const headers = { 'Content-Type': encoded.headers.get('content-type') ?? '' };
    // A Buffer: axios takes every other view for the whole of the memory it lies in.
    const body = Buffer.from(await encoded.arrayBuffer());
    const written = readWritten((await client.files.uploadFiles({ data: body, headers })).data);
    const short = batch.find(([path, bytes]) => (written.get(path) ?? bytes.byteLength) !== bytes.byteLength);
    if (short) throw incomplete(short[0]);
  }
}

/** Files by their absolute paths, compared with their hashes there; those that are not there are left out. */
export async function downloadFiles(paths: readonly string[], hands: Hands): Promise<FileTree> {
  const files: Record<string, string> = {};
  for (const batch of batches(paths, () => 0)) {
    for (let tried = 1; ; tried += 1) {
      const wrong = await downloadOnce(batch, files, hands);
      if (wrong === null) break;
      if (tried === TRIES) throw incomplete(wrong);
    }
  }
  return files;
}

/** Adds what arrived whole; gives back a path that did not, null when all did. */
async function downloadOnce(
  paths: readonly string[],
  files: Record<string, string>,
  { toolbox, run }: Hands,
): Promise<string | null> {
  const hashes = await hashesOf(paths, run);
  const there = paths.filter((_, index) => hashes[index] !== NONE);
  if (there.length === 0) return null;
  const client = await toolbox({ idempotent: true, timeout: 'transfer', expect: 'bytes' });
  const { bytes, type } = readBytes((await client.files.downloadFiles({ paths: [...there] })).data);
  const parts = readMultipart(type, bytes);
  if (parts === null) return there[0] ?? '';
  // By their order: names are escaped by rules that nobody wrote down, and the hashes tell whose a part is.
  for (const [index, path] of there.entries()) {
    const part = parts[index];
    if (part?.name !== 'file' || sha256(part.bytes) !== hashes[paths.indexOf(path)]) return path;
    files[path] = Buffer.from(part.bytes).toString('utf8');
  }
  return null;
}

const NONE = '-';

/** sha256 of each file in hexadecimal digits, `-` for what is no file. */
async function hashesOf(paths: readonly string[], run: Hands['run']): Promise<readonly string[]> {
  const each = `if [ -f "$file" ]; then sha256sum < "$file" | cut -c1-64; else echo ${NONE}; fi`;
  const { exitCode, output } = await run(`for file in ${paths.map(quoted).join(' ')}; do ${each}; done`);
  const lines = output.trim().split('\n');
  if (exitCode === 0 && lines.length === paths.length && lines.every((line) => /^(-|[0-9a-f]{64})$/.test(line))) {
    return lines;
  }
  throw new TurboError('remote.failed', 'The sandbox cannot say what its files are.', {
    hint: 'Its image needs sha256sum and cut: use one with coreutils or busybox.',
  });
}

/** One word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function placeOf(directory: string, path: string): string {
  const isInside = path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (isInside && !/[\0-\x1f\x7f]/.test(path)) return `${directory.replace(/\/+$/, '')}/${path}`;
  throw new RangeError(`not a path inside a folder: ${JSON.stringify(path)}`);
}

/** In order, as many together as one request may carry; one that is larger goes alone. */
function batches<T>(items: readonly T[], sizeOf: (item: T) => number): readonly (readonly T[])[] {
  const all: T[][] = [];
  let room = 0;
  for (const item of items) {
    const last = all.at(-1);
    const size = sizeOf(item);
    if (last && last.length < BATCH_FILES && size <= room) {
      last.push(item);
      room -= size;
    } else {
      all.push([item]);
      room = BATCH_BYTES - size;
    }
  }
  return all;
}

function incomplete(path: string): TurboError {
  return new TurboError('remote.failed', `${path} did not come through whole between here and the sandbox.`, {
    hint: 'The same command again.',
  });
}
