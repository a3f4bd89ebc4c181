import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** What a build makes, relative to the project folder. */
export const OUTPUT = '.output';
/** The file that is run, relative to {@link OUTPUT}. */
export const ENTRY = 'server/index.mjs';
/** What is built and run, relative to the project folder. */
export const SERVER_ENTRY = `${OUTPUT}/${ENTRY}`;

export function hasDotEnv(directory: string): boolean {
  return existsSync(join(directory, '.env'));
}

/** The variables of the project's `.env`. It holds secrets: for the server's environment and for hiding them, only. */
export function readDotEnv(directory: string): Readonly<Record<string, string | undefined>> {
  try {
    return { ...parseEnv(readFileSync(join(directory, '.env'), 'utf8')) };
  } catch {
    // A project without a database has none; a server that needs one says so itself.
    return {};
  }
}
