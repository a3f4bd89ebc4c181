import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

// Settings come from the environment; a .env file in the working directory fills in what is not set there.
if (existsSync('.env')) {
  for (const [name, value] of Object.entries(parseEnv(readFileSync('.env', 'utf8')))) {
    process.env[name] ??= value;
  }
}

function readNumber(name: string, fallback: number, highest: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  if (/^\d{1,6}$/.test(text) && Number(text) <= highest) return Number(text);
  throw new Error(
    `${name} must be a whole number from 0 to ${highest}, not ${JSON.stringify(text)}.`,
  );
}

/** Everything this server can be told from outside. */
export const config = {
  host: process.env.HOST || '127.0.0.1',
  port: readNumber('PORT', 3000, 65_535),
  /** `true`: a line per request; `false`: only what went wrong. */
  logRequests: process.env.LOG_REQUESTS !== 'false',
  /** How long a request may take to finish after SIGTERM. */
  shutdownTimeoutMs: readNumber('SHUTDOWN_TIMEOUT_SECONDS', 10, 3600) * 1000,
} as const;
