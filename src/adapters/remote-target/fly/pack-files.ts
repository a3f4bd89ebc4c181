import { gzipSync } from 'node:zlib';
import { TurboError } from '../../../domain/errors.ts';
import type { FileTree } from '../../../ports/workspace.ts';

/**
 * What a machine's configuration may carry, in bytes of base64. Fly says that there is a limit and not which
 * (https://fly.io/docs/machines/flyctl/fly-machine-run/), so this one is ours, and well below a megabyte.
 */
const MOST_PACKED = 768 * 1024;
const FOLDER = '/app';

/** Unpacks beside itself, gives up being root where the image has somebody else, and becomes the program it is told. */
const START = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';

const files = JSON.parse(gunzipSync(readFileSync(join(import.meta.dirname, 'files.json.gz'))));
for (const [path, content] of Object.entries(files)) {
  const file = join(import.meta.dirname, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
process.chdir(import.meta.dirname);
try {
  process.initgroups('node', 'node');
  process.setgid('node');
  process.setuid('node');
} catch {
  // Not root, or nobody of that name.
}
process.argv.splice(1, 1);
await import(pathToFileURL(join(import.meta.dirname, process.argv[1])));
`;

export interface PackedFiles {
  /** As a configuration of a machine carries them. */
  readonly files: readonly { readonly guest_path: string; readonly raw_value: string }[];
  /** The command that runs a program of theirs. */
  commandOf(program: string): readonly string[];
}

/** The files of a server as one archive, and what unpacks it. Throws `remote.failed` when it is too large. */
export function packFiles(tree: FileTree): PackedFiles {
  const names = Object.keys(tree).sort();
  const json = JSON.stringify(Object.fromEntries(names.map((name) => [name, tree[name]])));
  // The header of gzip holds no time, so that the same files are the same bytes.
  const packed = gzipSync(json, { level: 9 }).toString('base64');
  if (packed.length > MOST_PACKED) {
    const [size, most] = [packed.length, MOST_PACKED].map((bytes) => `${Math.ceil(bytes / 1024)} kB`);
    throw new TurboError(
      'remote.failed',
      `The built server is too large to travel without an image: ${size} of ${most}.`,
      {
        hint: 'Let flyctl build an image at Fly.io (it has to be on PATH): export TURBOBACKEND_FLYCTL=yes, then the same command again.',
      },
    );
  }
  return {
    files: [
      { guest_path: `${FOLDER}/start.mjs`, raw_value: Buffer.from(START).toString('base64') },
      { guest_path: `${FOLDER}/files.json.gz`, raw_value: packed },
    ],
    commandOf: (program) => ['node', `${FOLDER}/start.mjs`, program],
  };
}
