import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** What is built and run, relative to the project folder. */
export const SERVER_ENTRY = '.output/server/index.mjs';

/** The variables of the project's `.env`. It holds secrets: for the server's environment and for hiding them, only. */
export function readDotEnv(directory: string): Readonly<Record<string, string | undefined>> {
  try {
    return { ...parseEnv(readFileSync(join(directory, '.env'), 'utf8')) };
  } catch {
    // A project without a database has none; a server that needs one says so itself.
    return {};
  }
}
