import { z } from 'zod';
import { ENVIRONMENTS } from './database.ts';
import { TurboError } from './errors.ts';
import { isProjectId } from './ids.ts';
import { objectPrefix } from './remote.ts';

/** The rows of a project's database as they were at one time, in a bucket. What is not named by one of these is no backup. */
const backupShape = z.strictObject({
  version: z.literal(1),
  projectId: z.custom<string>(isProjectId),
  name: z.string().max(200),
  env: z.enum(ENVIRONMENTS),
  /** Its folder among the project's backups, and what people call it. */
  id: z.string().regex(/^[a-z0-9-]+$/),
  /** sha256 (hex) of its index, which has those of all other files. */
  index: z.string().regex(/^[0-9a-f]{64}$/),
  rows: z.int().nonnegative(),
  /** Compressed. */
  bytes: z.int().nonnegative(),
  /** Unix seconds. */
  savedAt: z.int().nonnegative(),
  /** Versions of the migrations that the database had. */
  migrations: z.array(z.string()),
});

export type Backup = Readonly<z.output<typeof backupShape>>;

/** Below which the backups of a project lie in a bucket. */
export function backupPrefix(projectId: string): string {
  return `${objectPrefix(projectId)}backups/`;
}

/** Written last: it makes a backup of what lies beside it. */
export const BACKUP_FILE = 'backup.json';

/** Reads what makes a backup. Throws `remote.unusable` for anything that is none of this project. */
export function readBackup(text: string, projectId: string): Backup {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below, like every other text that is no backup.
  }
  const read = backupShape.safeParse(value);
  if (read.success && read.data.projectId === projectId) return read.data;
  throw new TurboError('remote.unusable', 'What lies in the bucket is no backup of this project.', {
    hint: 'Somebody else has written it: choose another one (turbobackend backup list).',
  });
}

/** One number for many lines in whatever order they come: two tables have the same one when they have the same rows. */
export function addLine(sum: bigint, lineHash: string): bigint {
  return (sum + BigInt(`0x${lineHash}`)) % (1n << 256n);
}
