import { basename, dirname } from 'node:path';
import type { Needs } from '../ports/services.ts';

/** Writes a result to a file (absolute path). Throws `workspace.unwritable` when it cannot be. */
export async function writeOutput(file: string, text: string, { workspace }: Needs<'workspace'>): Promise<void> {
  await workspace.write(dirname(file), basename(file), text.endsWith('\n') ? text : `${text}\n`);
}
