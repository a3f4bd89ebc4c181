import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { backupPrefix } from '../../../domain/backup.ts';
import { TurboError } from '../../../domain/errors.ts';
import { isProjectId } from '../../../domain/ids.ts';
import { OBJECTS_PLACE } from '../../../domain/remote.ts';
import type { Archive, ArchivePlace } from '../../../ports/archive.ts';
import type { ObjectStore } from '../../../ports/object-store.ts';

/** Texts put aside in a bucket, compressed; each is one object, written whole. Also throws `remote.*`. */
export function bucketArchive(store: ObjectStore): Archive {
  const keyOf = ({ projectId, folder }: ArchivePlace, name = '') =>
    `${backupPrefix(projectId)}${checked(folder)}/${name === '' ? '' : checked(name)}`;
  return {
    pathOf: (place) => `s3://${store.bucket}/${keyOf(place)}`,
    async write(place, name, chunks, { maxBytes = Number.POSITIVE_INFINITY } = {}) {
      const bytes = await compress(chunks, maxBytes);
      if (bytes === null) return null;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await store.put(keyOf(place, name), bytes, { sha256, contentType: 'application/gzip' });
      return { name, bytes: bytes.length, sha256 };
    },
    readLines: (place, file) => readLines(store, keyOf(place, file.name), file.sha256),
    async remove(projectId, folder) {
      const prefix = folder === undefined ? backupPrefix(projectId) : keyOf({ projectId, folder });
      await store.delete((await store.list(prefix)).map(({ key }) => key));
    },
    list: () => listFolders(store),
  };
}

/** Names come back from the bucket, where anybody may have written them. */
function checked(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name)) return name;
  throw new RangeError(`not a name in the archive: ${JSON.stringify(name)}`);
}

/** Null when it would be more. */
async function compress(
  chunks: AsyncIterable<string> | Iterable<string>,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const parts: Buffer[] = [];
  let size = 0;
  const source = Readable.from(chunks);
  const gzip = createGzip({ level: 6 });
  // Else what goes wrong while the rows are read would end the process.
  source.on('error', (error) => gzip.destroy(error));
  for await (const part of source.pipe(gzip)) {
    parts.push(part);
    size += part.length;
    if (size > maxBytes) {
      source.destroy();
      return null;
    }
  }
  return Buffer.concat(parts);
}

async function* readLines(store: ObjectStore, key: string, sha256: string): AsyncIterable<string> {
  const bytes = await store.get(key);
  if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new TurboError('version.damaged', `Object ${key} of bucket ${store.bucket} is not what was written there.`, {
      hint: 'Nothing was changed. What else there is: turbobackend backup list',
    });
  }
  // By line feeds alone: a cell may hold any other character that some take for the end of a line.
  let rest = '';
  for await (const chunk of Readable.from([bytes]).pipe(createGunzip()).setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function listFolders(store: ObjectStore): Promise<readonly (ArchivePlace & { readonly bytes: number })[]> {
  const sizes = new Map<string, ArchivePlace & { readonly bytes: number }>();
  for (const { key, size } of await store.list(OBJECTS_PLACE)) {
    const [, projectId = '', folder = ''] = /^turbobackend\/([^/]+)\/backups\/([^/]+)\//.exec(key) ?? [];
    if (!isProjectId(projectId)) continue;
    const bytes = size + (sizes.get(`${projectId}/${folder}`)?.bytes ?? 0);
    sizes.set(`${projectId}/${folder}`, { projectId, folder, bytes });
  }
  return [...sizes.values()];
}
