import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogPolicy } from './state-files.ts';

const NEWLINE = 0x0a;
/** A line longer than this is cut, so that neither writer nor readers ever hold more of one. */
export const MAX_LINE_BYTES = 64 * 1024;

/**
 * A log file that is rotated by size: `server.log` is the newest, `server.log.1` … the older ones, each made of whole
 * lines. Writing is synchronous on purpose: while the disk is busy nothing more is read from the server's pipes, so
 * the server waits and no memory is needed. A full disk loses lines, never the server; how many is said afterwards.
 */
export class LogWriter {
  readonly #file: string;
  readonly #policy: LogPolicy;
  #descriptor: number | null = null;
  #size = 0;
  #lost = 0;

  constructor(file: string, policy: LogPolicy) {
    this.#file = file;
    this.#policy = policy;
  }

  /** Appends whole lines (each ends with a newline). */
  write(lines: Buffer): void {
    try {
      if (this.#size > 0 && this.#size + lines.length > this.#policy.maxBytes) this.#rotate();
      const descriptor = this.#open();
      if (this.#lost > 0) {
        const note = Buffer.from(`[turbobackend] ${this.#lost} bytes of log were lost: the disk refused them\n`);
        this.#size += writeSync(descriptor, note);
        this.#lost = 0;
      }
      this.#size += writeSync(descriptor, lines);
    } catch {
      this.#lost += lines.length;
    }
  }

  /** A line of our own, recognisable among the server's. */
  note(message: string): void {
    this.write(Buffer.from(`[turbobackend] ${new Date().toISOString()} ${message}\n`));
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #open(): number {
    if (this.#descriptor === null) {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      this.#descriptor = openSync(this.#file, 'a', 0o600);
      this.#size = fstatSync(this.#descriptor).size;
    }
    return this.#descriptor;
  }

  #rotate(): void {
    this.close();
    rmSync(`${this.#file}.${this.#policy.maxFiles - 1}`, { force: true });
    for (let number = this.#policy.maxFiles - 1; number > 0; number -= 1) {
      const older = `${this.#file}.${number}`;
      const newer = number === 1 ? this.#file : `${this.#file}.${number - 1}`;
      try {
        renameSync(newer, older);
      } catch {
        // There are not that many yet.
      }
    }
    this.#size = 0;
  }
}

/** Cuts a stream of chunks into whole lines, so that two streams can share one file. */
export class LineCutter {
  readonly #emit: (lines: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(emit: (lines: Buffer) => void) {
    this.#emit = emit;
  }

  push(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end >= 0) {
      this.#emit(Buffer.concat([this.#rest, chunk.subarray(0, end + 1)]));
      this.#rest = Buffer.from(chunk.subarray(end + 1));
    } else {
      this.#rest = Buffer.concat([this.#rest, chunk]);
    }
    if (this.#rest.length >= MAX_LINE_BYTES) this.end();
  }

  /** Lets go of a last line that has no newline yet. */
  end(): void {
    if (this.#rest.length > 0) this.#emit(Buffer.concat([this.#rest, Buffer.from('\n')]));
    this.#rest = Buffer.alloc(0);
  }
}
