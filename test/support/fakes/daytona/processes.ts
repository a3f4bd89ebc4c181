import { type ChildProcess, spawn } from 'node:child_process';

export interface FakeRun {
  /** Null when it was ended because its time was up. */
  readonly exitCode: number | null;
  readonly output: string;
}

/** A command of a session. */
export interface SessionCommand {
  readonly id: string;
  readonly command: string;
  exitCode: number | null;
  stdout: string;
  stderr: string;
  output: string;
}

/** Real programs, each in a process group of its own. */
export interface SandboxProcesses {
  readonly sessions: Map<string, SessionCommand[]>;
  /** Runs to the end, or until the time is up; then the whole group is killed. */
  run(order: {
    readonly command: string;
    readonly cwd?: string | undefined;
    readonly environment?: Readonly<Record<string, string>> | undefined;
    readonly timeoutMs: number;
  }): Promise<FakeRun>;
  /** Starts a command of a session; `ended` when it has. */
  start(session: string, command: string): { readonly entry: SessionCommand; readonly ended: Promise<void> };
  /** Ends what runs in a session, and forgets it. False: there is none. */
  endSession(session: string): Promise<boolean>;
  endAll(): Promise<void>;
}

/** Programs of one sandbox, which start in its folder and know the given variables only. */
export function sandboxProcesses(directory: string, environment: Readonly<Record<string, string>>): SandboxProcesses {
  const running = new Map<ChildProcess, string | null>();
  const sessions = new Map<string, SessionCommand[]>();
  let count = 0;
  const launch = (command: string, cwd: string, extra: Readonly<Record<string, string>>, session: string | null) => {
    const child = spawn('/bin/sh', ['-c', command], {
      cwd,
      env: { ...environment, ...extra },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.set(child, session);
    const ended = new Promise<number | null>((done) => {
      child.once('error', () => done(127));
      child.once('exit', (code) => done(code));
    }).finally(() => running.delete(child));
    return { child, ended };
  };
  const end = async (which: (session: string | null) => boolean) => {
    const children = [...running].filter(([, session]) => which(session)).map(([child]) => child);
    for (const child of children) killGroup(child);
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? gone(child)));
  };
  return {
    sessions,
    run: async ({ command, cwd = directory, environment: extra = {}, timeoutMs }) => {
      const { child, ended } = launch(command, cwd, extra, null);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
      const timer = setTimeout(() => killGroup(child), timeoutMs);
      const exitCode = await ended;
      clearTimeout(timer);
      await lastWords(child);
      return { exitCode, output };
    },
    start: (session, command) => {
      count += 1;
      const entry: SessionCommand = { id: `cmd-${count}`, command, exitCode: null, stdout: '', stderr: '', output: '' };
      sessions.get(session)?.push(entry);
      const { child, ended } = launch(command, directory, {}, session);
      child.stdout?.on('data', (chunk) => Object.assign(entry, added(entry, 'stdout', String(chunk))));
      child.stderr?.on('data', (chunk) => Object.assign(entry, added(entry, 'stderr', String(chunk))));
      const whole = ended.then(async (code) => {
        await lastWords(child);
        entry.exitCode = code ?? 137;
      });
      return { entry, ended: whole };
    },
    endSession: async (session) => {
      await end((of) => of === session);
      return sessions.delete(session);
    },
    endAll: async () => {
      await end(() => true);
      sessions.clear();
    },
  };
}

const added = (entry: SessionCommand, stream: 'stdout' | 'stderr', text: string) => ({
  [stream]: entry[stream] + text,
  output: entry.output + text,
});

/** What was written last lies in the pipes, and comes after the end. Who lives on may hold them open for ever. */
async function lastWords({ stdout, stderr }: ChildProcess): Promise<void> {
  let isMore = true;
  for (const stream of [stdout, stderr]) {
    stream?.on('data', () => {
      isMore = true;
    });
  }
  for (let quietTurns = 0; quietTurns < 3; quietTurns += 1) {
    if (isMore) quietTurns = 0;
    isMore = false;
    // A turn of the event loop reads all pipes that hold something.
    await new Promise((next) => setImmediate(next));
  }
}

const gone = (child: ChildProcess): Promise<void> => new Promise((done) => child.once('exit', () => done()));

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself just now.
  }
}
