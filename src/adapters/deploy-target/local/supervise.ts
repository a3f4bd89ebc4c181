import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { identify, identifySelf, type ProcessIdentity, signal } from '../../shared/process/identity.ts';
import { LineCutter, LogWriter } from './log-writer.ts';
import { ENTRY, readDotEnv, SERVER_ENTRY } from './server-files.ts';
import { readOrder, type StateFolder, type SupervisorOrder, type SupervisorState, writeJson } from './state-files.ts';

/**
 * The server waits at its standard input until its pid is on record, and goes away when the input closes instead:
 * killed at any instant, a supervisor leaves no server behind that nobody knows of. SIGUSR1 would open Node's inspector,
 * and with it everything in memory.
 */
const GATE = `data:text/javascript,${encodeURIComponent(
  'import{readSync}from"node:fs";process.on("SIGUSR1",()=>{});if(readSync(0,new Uint8Array(1))===0)process.exit(0);',
)}`;

const LAST_WORDS_MS = 500;

/** Keeps one server running until it is told to stop (`stop`) or gives up. */
export class Supervisor {
  readonly #folder: StateFolder;
  readonly #order: SupervisorOrder;
  readonly #log: LogWriter;
  readonly #done: () => void;
  #state: SupervisorState;
  #child: ChildProcess | null = null;
  #server: ProcessIdentity | null = null;
  #bornAt = 0;
  #deaths = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  /** `done` is called once, when nothing runs any more and nothing will. */
  constructor(folder: StateFolder, order: SupervisorOrder, done: () => void) {
    this.#folder = folder;
    this.#order = order;
    this.#done = done;
    this.#log = new LogWriter(folder.log, order.log);
    this.#state = {
      generation: order.generation,
      status: 'restarting',
      supervisor: identifySelf(),
      server: null,
      startedAt: null,
      restarts: 0,
    };
  }

  start(): void {
    this.#record({});
    // Whoever changed his mind wrote the order first and looked at the state then; we do it the other way round.
    const order = readOrder(this.#folder);
    if (order?.generation !== this.#order.generation || order.wanted !== 'running') this.#finish('stopped');
    else this.#launch();
  }

  /** SIGTERM to the server, SIGKILL to its process group when it has not ended within the grace time. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    clearTimeout(this.#timer);
    const server = this.#server;
    if (!this.#child) {
      this.#finish('stopped');
      return;
    }
    // Not yet known by its identity, it still waits at the gate: closing that ends it.
    this.#child.stdin?.end();
    if (server) signal(server, 'SIGTERM', 'process');
    this.#timer = setTimeout(() => {
      this.#log.note(`the server did not end within ${this.#order.graceMs / 1000} s of SIGTERM: killed`);
      if (server) signal(server, 'SIGKILL', 'group');
      else this.#child?.kill('SIGKILL');
    }, this.#order.graceMs);
  }

  #launch(): void {
    this.#bornAt = performance.now();
    const child = this.#spawn();
    if (!child) return;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      const cutter = new LineCutter((lines) => this.#log.write(lines));
      stream.on('data', (chunk: Buffer) => cutter.push(chunk)).on('end', () => cutter.end());
    }
    child.stdin.on('error', () => {});
    child.once('error', (error) => this.#onEnd(`could not be started: ${error.message}`));
    child.once('exit', (code, name) => {
      const how = name ? `was ended by ${name}` : `ended with exit code ${code}`;
      this.#endStragglers();
      // Its last words first; but a process that left our group may hold the pipes open for ever.
      const patience = setTimeout(() => this.#onEnd(how), LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(patience);
        this.#onEnd(how);
      });
    });
    this.#server = child.pid === undefined ? null : identify(child.pid);
    if (!this.#server) return;
    const startedAt = Math.floor(Date.now() / 1000);
    if (this.#record({ status: 'running', server: this.#server, startedAt })) child.stdin.end('\n');
    else child.stdin.end();
  }

  #spawn(): ChildProcessByStdio<Writable, Readable, Readable> | null {
    const { nodePath, directory, release } = this.#order;
    const entry = release === null ? SERVER_ENTRY : join(this.#folder.releases, release, ENTRY);
    try {
      return spawn(nodePath, ['--import', GATE, entry], {
        cwd: directory,
        env: this.#environment(),
        stdio: ['pipe', 'pipe', 'pipe'],
        // A group of its own, so that all it started can be ended with it.
        detached: true,
      });
    } catch (error) {
      // Thrown for what cannot be handed to a process, such as a NUL in `.env`. The message would quote the value.
      const code = error instanceof Error && 'code' in error ? error.code : 'unknown reason';
      this.#onDeath(`could not be started (${code})`);
      return null;
    }
  }

  #onEnd(how: string): void {
    if (!this.#child) return;
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#child = null;
    this.#server = null;
    clearTimeout(this.#timer);
    this.#onDeath(how);
  }

  #onDeath(how: string): void {
    if (this.#stopping) {
      this.#finish('stopped');
      return;
    }
    const { restart } = this.#order;
    if (performance.now() - this.#bornAt >= restart.forgiveAfterMs) this.#deaths = 0;
    this.#deaths += 1;
    if (this.#deaths >= restart.maxDeaths) {
      this.#log.note(`the server ${how}; given up after ${this.#deaths} deaths in a row`);
      this.#finish('failed');
      return;
    }
    const delayMs = Math.min(restart.firstDelayMs * 2 ** (this.#deaths - 1), restart.maxDelayMs);
    // Not yet that it comes back: whoever started it may call it off at its first death.
    this.#log.note(`the server ${how}`);
    this.#record({ status: 'restarting', server: null, restarts: this.#state.restarts + 1 });
    this.#timer = setTimeout(() => {
      this.#log.note(`the server is started again (restart ${this.#state.restarts})`);
      this.#launch();
    }, delayMs);
  }

  /** What the server started and left behind is in its group still (an empty group is an ESRCH). */
  #endStragglers(): void {
    if (!this.#server) return;
    try {
      process.kill(-this.#server.pid, 'SIGKILL');
    } catch {
      // Nothing was left.
    }
  }

  #finish(status: 'stopped' | 'failed'): void {
    this.#stopping = true;
    this.#record({ status, supervisor: null, server: null });
    this.#log.close();
    this.#done();
  }

  /** False when the disk refuses: then nothing may run that others would not find. */
  #record(change: Partial<SupervisorState>): boolean {
    this.#state = { ...this.#state, ...change };
    try {
      writeJson(this.#folder.state, this.#state);
      return true;
    } catch (error) {
      this.#log.note(`the state file could not be written: ${error instanceof Error ? error.message : error}`);
      return false;
    }
  }

  /** Read at each start, so that a rotated password is used; secrets go into the server's environment and nowhere else. */
  #environment(): NodeJS.ProcessEnv {
    const { environment, port, directory } = this.#order;
    const own = { ...environment, NODE_ENV: 'production', ...readDotEnv(directory) };
    return { ...own, HOST: '127.0.0.1', PORT: String(port) };
  }
}
