import { type OpenLog, openLog, openNewer, openOldest, readOn } from './log-files.ts';
import { LineCutter } from './log-writer.ts';
import { readDotEnv } from './server-files.ts';

const MAX_LINES = 10;
const MAX_WIDTH = 200;
const FAULT = /error|exception|fatal|fail|cannot|refused|missing|not set|denied|\bended\b|given up/i;

/** Everything that is written to the log from now on; `shown` gives what is worth showing of it, once. */
export interface LogExcerpt {
  /** At most ten lines, oldest first and none twice: the errors, or when there are none the last of all. No secrets. */
  shown(): Promise<readonly string[]>;
}

/** Starts to watch a log; `directory` is the project, whose secrets are covered. */
export async function watchLog(file: string, directory: string): Promise<LogExcerpt> {
  const mark = await openLog(file);
  if (mark) mark.offset = (await mark.handle.stat()).size;
  return {
    async shown() {
      const faults = new Set<string>();
      const all = new Set<string>();
      const hide = secretHider(directory);
      for await (const raw of readSince(file, mark)) {
        // Covered before it is cut: half a secret would not be recognised.
        const { text, isFault } = readable(hide(raw));
        if (isFault && faults.size < MAX_LINES) faults.add(shorten(text));
        all.delete(shorten(text));
        all.add(shorten(text));
        for (const oldest of all) {
          if (all.size <= MAX_LINES) break;
          all.delete(oldest);
        }
      }
      return faults.size > 0 ? [...faults] : [...all];
    },
  };
}

async function* readSince(file: string, mark: OpenLog | null): AsyncGenerator<string> {
  const lines: string[] = [];
  const cutter = new LineCutter((whole) => lines.push(...whole.toString('utf8').trimEnd().split('\n')));
  let log = mark ?? (await openOldest(file));
  while (log) {
    for (let chunk = await readOn(log); chunk; chunk = await readOn(log)) {
      cutter.push(chunk);
      yield* lines.splice(0);
    }
    const newer: OpenLog | null = await openNewer(file, log);
    await log.handle.close();
    log = newer;
  }
  cutter.end();
  yield* lines;
}

/** A line as a person reads it: of our servers' JSON the level, the message and the error, without its stack. */
function readable(line: string): { readonly text: string; readonly isFault: boolean } {
  const record = parseRecord(line);
  if (!record || typeof record.message !== 'string') {
    // The lines of a stack say where, which the log itself tells better.
    return { text: line, isFault: FAULT.test(line) && !/^\s+at /.test(line) };
  }
  const { level, message, error } = record;
  const parts = [typeof level === 'string' ? `${level}:` : '', message, typeof error === 'string' ? `(${error})` : ''];
  return { text: parts.filter((part) => part !== '').join(' '), isFault: level === 'error' || level === 'fatal' };
}

function parseRecord(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function shorten(text: string): string {
  return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - 1)}…` : text;
}

/** Log lines go into a message, where no secret may be: what stands in `.env` as one is covered. */
function secretHider(directory: string): (line: string) => string {
  const secrets = Object.entries(readDotEnv(directory))
    .filter(([name, value]) => /pass|secret|token|key|url/i.test(name) && (value?.length ?? 0) >= 6)
    .flatMap(([, value]) => value ?? []);
  return (line) => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line);
}
