import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inodeOf, type OpenLog, openLog, openNewer, openOldest, readOn, readTail } from './log-files.ts';

const NEWLINE = 0x0a;
const POLL_MS = 100;

export interface LogWish {
  readonly lines: number;
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/** Where a reader is. */
interface Cursor {
  log: OpenLog | null;
}

/**
 * The last lines of a rotated log, oldest first, then with `follow` each new line, across rotations, until the signal
 * fires or the log's folder is removed. A log that does not exist yet is empty.
 */
export async function* readLog(file: string, wish: LogWish): AsyncGenerator<string> {
  const cursor: Cursor = { log: await openLog(file) };
  try {
    for (const line of await readTail(file, cursor.log, Math.max(0, Math.floor(wish.lines)))) {
      if (wish.signal?.aborted) return;
      yield line;
    }
    if (wish.follow) yield* follow(file, cursor, wish.signal);
  } finally {
    await cursor.log?.handle.close();
  }
}

async function* follow(file: string, cursor: Cursor, signal?: AbortSignal): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  let hadFolder = cursor.log !== null;
  while (!signal?.aborted) {
    cursor.log ??= await openOldest(file);
    const chunk = cursor.log ? await readOn(cursor.log) : null;
    if (chunk) {
      const { lines, left } = cut(Buffer.concat([rest, chunk]));
      rest = left;
      for (const line of lines) {
        if (signal?.aborted) return;
        yield line;
      }
    } else if (!(await moveOn(file, cursor))) {
      const hasFolder = (await inodeOf(dirname(file))) !== null;
      if (hadFolder && !hasFolder) return;
      hadFolder ||= hasFolder;
      await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => {});
    }
  }
}

async function moveOn(file: string, cursor: Cursor): Promise<boolean> {
  const next = cursor.log ? await openNewer(file, cursor.log) : null;
  if (!next) return false;
  await cursor.log?.handle.close();
  cursor.log = next;
  return true;
}

function cut(buffer: Buffer): { lines: readonly string[]; left: Buffer<ArrayBuffer> } {
  const end = buffer.lastIndexOf(NEWLINE);
  const lines = end < 0 ? [] : buffer.subarray(0, end).toString('utf8').split('\n');
  return { lines, left: Buffer.from(buffer.subarray(end + 1)) };
}
