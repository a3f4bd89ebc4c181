import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;
const POLL_MS = 100;
/** More rotated files than any policy keeps. */
const MAX_FILES = 100;

interface OpenLog {
  readonly handle: FileHandle;
  readonly inode: number;
  offset: number;
}

export interface LogWish {
  readonly lines: number;
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The last lines of a rotated log, oldest first, then with `follow` each new line, across rotations, until the signal
 * fires or the log's folder is removed. A log that does not exist yet is empty.
 */
export async function* readLog(file: string, wish: LogWish): AsyncGenerator<string> {
  const { lines, end } = await readTail(file, Math.max(0, Math.floor(wish.lines)));
  for (const line of lines) {
    if (wish.signal?.aborted) return;
    yield line;
  }
  if (wish.follow) yield* follow(file, end, wish.signal);
}

interface LogPosition {
  readonly inode: number;
  readonly offset: number;
}

/** The last `count` lines over all files, and where the newest file ended when they were read. */
async function readTail(file: string, count: number): Promise<{ lines: readonly string[]; end: LogPosition | null }> {
  let lines: string[] = [];
  let end: LogPosition | null = null;
  const seen = new Set<number>();
  for (let number = 0; number < MAX_FILES; number += 1) {
    const log = await openLog(number === 0 ? file : `${file}.${number}`);
    if (!log) {
      // Between the two renames of a rotation the newest is missing for an instant.
      if (number === 0) continue;
      break;
    }
    try {
      if (seen.has(log.inode)) continue;
      seen.add(log.inode);
      const { size } = await log.handle.stat();
      end ??= { inode: log.inode, offset: size };
      lines = [...(await readBackwards(log.handle, size, count - lines.length)), ...lines];
    } finally {
      await log.handle.close();
    }
    if (lines.length >= count) break;
  }
  return { lines, end };
}

async function readBackwards(handle: FileHandle, size: number, count: number): Promise<string[]> {
  const blocks: Buffer[] = [];
  let newlines = 0;
  let start = size;
  // One newline more than lines: the one before the first line that is wanted.
  while (start > 0 && newlines <= count && count > 0) {
    const length = Math.min(BLOCK, start);
    start -= length;
    const block = Buffer.alloc(length);
    await handle.read(block, 0, length, start);
    for (const byte of block) if (byte === NEWLINE) newlines += 1;
    blocks.unshift(block);
  }
  const lines = Buffer.concat(blocks).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return count > 0 ? lines.slice(-count) : [];
}

async function* follow(file: string, from: LogPosition | null, signal?: AbortSignal): AsyncGenerator<string> {
  let log: OpenLog | null = null;
  let rest = Buffer.alloc(0);
  let hadFolder = from !== null;
  try {
    while (!signal?.aborted) {
      log ??= await openAfter(file, from);
      const chunk = log ? await readOn(log) : null;
      if (chunk) {
        const { lines, left } = cut(Buffer.concat([rest, chunk]));
        rest = left;
        for (const line of lines) {
          if (signal?.aborted) return;
          yield line;
        }
        continue;
      }
      const next = log ? await openNewer(file, log) : null;
      if (log && next) {
        await log.handle.close();
        log = next;
        continue;
      }
      const hasFolder = (await inodeOf(dirname(file))) !== null;
      if (hadFolder && !hasFolder) return;
      hadFolder ||= hasFolder;
      await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch(() => {});
    }
  } finally {
    await log?.handle.close();
  }
}

/** The file that was written after `log`, once nobody writes to `log` any more and all of it is read. */
async function openNewer(file: string, log: OpenLog): Promise<OpenLog | null> {
  // While it has the first name it is being written to; what came in before it lost that name is read first.
  const newest = await inodeOf(file);
  if (newest === null || newest === log.inode || (await log.handle.stat()).size > log.offset) return null;
  const next = await openAfter(file, { inode: log.inode, offset: log.offset });
  if (next?.inode !== log.inode) return next;
  await next.handle.close();
  return null;
}

/** The file to go on with after a position: the same while it is not read to its end, else the next newer one. */
async function openAfter(file: string, position: LogPosition | null): Promise<OpenLog | null> {
  let newer: OpenLog | null = null;
  for (let number = 0; number < MAX_FILES; number += 1) {
    const log = await openLog(number === 0 ? file : `${file}.${number}`);
    // Between the two renames of a rotation the newest is missing for an instant.
    if (!log && number > 0) break;
    if (!log) continue;
    if (log.inode === position?.inode) {
      const { size } = await log.handle.stat();
      const old = size > position.offset || !newer ? newer : log;
      await old?.handle.close();
      return old === log ? newer : { ...log, offset: Math.min(position.offset, size) };
    }
    await newer?.handle.close();
    newer = log;
  }
  // Nothing was read yet, or what was read is deleted by now: go on with the oldest there is.
  return newer;
}

async function readOn(log: OpenLog): Promise<Buffer | null> {
  const { size } = await log.handle.stat();
  if (size < log.offset) log.offset = 0;
  const buffer = Buffer.alloc(BLOCK);
  const { bytesRead } = await log.handle.read(buffer, 0, BLOCK, log.offset);
  log.offset += bytesRead;
  return bytesRead > 0 ? buffer.subarray(0, bytesRead) : null;
}

function cut(buffer: Buffer): { lines: readonly string[]; left: Buffer<ArrayBuffer> } {
  const end = buffer.lastIndexOf(NEWLINE);
  const lines = end < 0 ? [] : buffer.subarray(0, end).toString('utf8').split('\n');
  return { lines, left: Buffer.from(buffer.subarray(end + 1)) };
}

async function openLog(file: string): Promise<OpenLog | null> {
  try {
    const handle = await open(file, 'r');
    return { handle, inode: (await handle.stat()).ino, offset: 0 };
  } catch {
    return null;
  }
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch {
    return null;
  }
}
