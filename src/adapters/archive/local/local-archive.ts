import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { TurboError } from '../../../domain/errors.ts';
import { isProjectId } from '../../../domain/ids.ts';
import type { Archive, ArchivedFile, ArchivePlace } from '../../../ports/archive.ts';
import { translateFailure } from './errors.ts';

/** Quick: what is kept for days need not be small to the last byte. */
const LEVEL = 3;

/** Files in `<home>/versions/<project>/<folder>`, 0600 in folders 0700. */
export function localArchive({ home }: { readonly home: string }): Archive {
  const root = join(home, 'versions');
  const pathOf = ({ projectId, folder }: ArchivePlace) => join(root, checked(projectId), checked(folder));
  return {
    pathOf,
    write: (place, name, chunks, { maxBytes = Number.POSITIVE_INFINITY } = {}) =>
      translateFailure(pathOf(place), () => writeFile(root, pathOf(place), checked(name), chunks, maxBytes)),
    readLines: (place, file) => readLines(join(pathOf(place), checked(file.name)), file.sha256),
    remove: (projectId, folder) => {
      const path = folder === undefined ? join(root, checked(projectId)) : pathOf({ projectId, folder });
      return translateFailure(path, () => rm(path, { recursive: true, force: true }));
    },
    list: () => translateFailure(root, () => listFolders(root)),
  };
}

/** Names come from us, but through the metadata database: none may lead out of the folder. */
function checked(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)) return name;
  throw new RangeError(`not a name in the archive: ${JSON.stringify(name)}`);
}

class TooLarge extends Error {}

async function writeFile(
  root: string,
  folder: string,
  name: string,
  chunks: AsyncIterable<string> | Iterable<string>,
  maxBytes: number,
): Promise<ArchivedFile | null> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Whatever the umask was when it was made.
  await chmod(root, 0o700);
  const target = join(folder, name);
  const temporary = `${target}.part`;
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes > maxBytes) done(new TooLarge());
      else done(null, chunk);
    },
  });
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await pipeline(Readable.from(chunks), createGzip({ level: LEVEL }), count, async (written) => {
        for await (const chunk of written) await file.writeFile(chunk);
      });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof TooLarge) return null;
    throw error;
  }
  return { name, bytes, sha256: hash.digest('hex') };
}

async function* readLines(path: string, sha256: string): AsyncIterable<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  } catch (error) {
    throw damaged(path, error);
  }
  if (hash.digest('hex') !== sha256) throw damaged(path);
  const gunzip = createGunzip();
  const source = createReadStream(path);
  // Else a failure of the source would end the process, or nobody would hear of it.
  source.on('error', (error) => gunzip.destroy(error));
  try {
    // By line feeds alone: a cell may hold any other character that some take for the end of a line.
    let rest = '';
    for await (const chunk of source.pipe(gunzip).setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function damaged(path: string, cause?: unknown): TurboError {
  return new TurboError('version.damaged', `${path} is not what was written there.`, {
    hint: 'Nothing was changed. What is kept of versions is listed by: turbobackend history',
    cause,
  });
}

async function listFolders(root: string): Promise<readonly (ArchivePlace & { readonly bytes: number })[]> {
  const found: (ArchivePlace & { readonly bytes: number })[] = [];
  for (const projectId of await namesIn(root)) {
    if (!isProjectId(projectId)) continue;
    for (const folder of await namesIn(join(root, projectId))) {
      const files = await namesIn(join(root, projectId, folder));
      const sizes = await Promise.all(
        files.map(async (file) => (await stat(join(root, projectId, folder, file)).catch(() => null))?.size ?? 0),
      );
      found.push({ projectId, folder, bytes: sizes.reduce((sum, size) => sum + size, 0) });
    }
  }
  return found;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}
