import { type FileHandle, open, stat } from 'node:fs/promises';

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;
/** More rotated files than any policy keeps. */
const MAX_FILES = 100;

/**
 * A log file that is being read. While it is open its inode belongs to it alone, even when it is deleted, so inodes
 * tell where in the row of rotated files the reading is.
 */
export interface OpenLog {
  readonly handle: FileHandle;
  readonly inode: number;
  /** Bytes that were read. */
  offset: number;
}

/** Null when there is no such file. */
export async function openLog(file: string): Promise<OpenLog | null> {
  try {
    const handle = await open(file, 'r');
    return { handle, inode: (await handle.stat()).ino, offset: 0 };
  } catch {
    return null;
  }
}

/** The files from the newest to the oldest, each open only while it is looked at, unless it is kept. */
async function* newestFirst(file: string): AsyncGenerator<{ log: OpenLog; keep: () => OpenLog }> {
  for (let number = 0; number < MAX_FILES; number += 1) {
    const log = await openLog(number === 0 ? file : `${file}.${number}`);
    // Between the two renames of a rotation the newest is missing for an instant.
    if (!log && number > 0) return;
    if (!log) continue;
    let isKept = false;
    const keep = () => {
      isKept = true;
      return log;
    };
    try {
      yield { log, keep };
    } finally {
      if (!isKept) await log.handle.close();
    }
  }
}

/** The last `count` lines up to the end of `newest`, which counts as read then. */
export async function readTail(file: string, newest: OpenLog | null, count: number): Promise<readonly string[]> {
  if (newest) newest.offset = (await newest.handle.stat()).size;
  let lines = newest ? await readBackwards(newest.handle, newest.offset, count) : [];
  let isOlder = newest === null;
  for await (const { log } of newestFirst(file)) {
    if (lines.length >= count) break;
    // What was rotated in while we read is newer than our newest.
    if (isOlder) {
      const { size } = await log.handle.stat();
      lines = [...(await readBackwards(log.handle, size, count - lines.length)), ...lines];
    }
    isOlder ||= log.inode === newest?.inode;
  }
  return lines;
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

/** What came in since the last read; null when there is nothing. */
export async function readOn(log: OpenLog): Promise<Buffer | null> {
  const { size } = await log.handle.stat();
  // Emptied by somebody: what is in it now is new.
  if (size < log.offset) log.offset = 0;
  const buffer = Buffer.alloc(BLOCK);
  const { bytesRead } = await log.handle.read(buffer, 0, BLOCK, log.offset);
  log.offset += bytesRead;
  return bytesRead > 0 ? buffer.subarray(0, bytesRead) : null;
}

/** The file that was written after `log`, as soon as nobody writes to `log` any more and all of it is read. */
export async function openNewer(file: string, log: OpenLog): Promise<OpenLog | null> {
  // While it has the first name it is being written to; what came in before it lost that name is read first.
  const newest = await inodeOf(file);
  if (newest === null || newest === log.inode || (await log.handle.stat()).size > log.offset) return null;
  return openOldest(file, log.inode);
}

/** The oldest file, of those newer than the one with this inode when it is still there. */
export async function openOldest(file: string, newerThan?: number): Promise<OpenLog | null> {
  let oldest: OpenLog | null = null;
  for await (const { log, keep } of newestFirst(file)) {
    if (log.inode === newerThan) break;
    await oldest?.handle.close();
    oldest = keep();
  }
  return oldest;
}

/** Null when there is nothing at this path. */
export async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch {
    return null;
  }
}
