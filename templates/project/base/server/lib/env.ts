import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** The environment; a .env file in the working directory fills in what is not set there. */
export const env: Readonly<Record<string, string | undefined>> = {
  ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}),
  ...process.env,
};

/** A whole number of the environment. Throws when it is something else. */
export function numberSetting(name: string, fallback: number, highest: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  if (/^\d{1,6}$/.test(text) && Number(text) <= highest) return Number(text);
  throw new Error(`${name} must be a whole number up to ${highest}, not ${JSON.stringify(text)}.`);
}

/** Origins like `https://example.com`, separated by commas. Throws for anything that is not exactly one. */
export function originsSetting(name: string): ReadonlySet<string> {
  const origins = (env[name] ?? '').split(',').map((origin) => origin.trim());
  const given = origins.filter((origin) => origin !== '');
  for (const origin of given) {
    const isExact = /^https?:/.test(origin) && URL.canParse(origin);
    if (isExact && new URL(origin).origin === origin) continue;
    throw new Error(`${name} must be origins like https://example.com, not ${origin}.`);
  }
  return new Set(given);
}
