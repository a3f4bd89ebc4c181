import type { CliOptions } from '../support/run-cli.ts';
import { startCli } from '../support/run-cli.ts';

/** Where a `create` is killed: at the line that says a phase begins or has ended, or some time after it began. */
export interface KillPoint {
  readonly phase: string;
  readonly at: 'started' | 'between' | 'finished';
}

export interface PhaseEvent {
  readonly type: string;
  readonly phase?: string;
  readonly ms?: number;
  readonly reused?: boolean;
}

export interface Watched {
  /** 137 when it was killed. */
  readonly code: number;
  /** Phases whose end was printed before. */
  readonly finished: readonly string[];
  /** Milliseconds each phase took. */
  readonly ms: ReadonlyMap<string, number>;
  readonly output: string;
}

/**
 * Runs `create --json-stream` and kills it at `point`; null lets it run to its end. `delayMs` counts from the start of
 * the phase, when the point lies between; the phase's end comes first when it was quicker.
 */
export async function createUntil(
  args: readonly string[],
  options: CliOptions,
  point: KillPoint | null,
  delayMs = 0,
): Promise<Watched> {
  const { child, output, finished } = startCli(['create', ...args, '--json-stream'], {
    timeoutMs: 230_000,
    ...options,
  });
  const kill = () => child.kill('SIGKILL');
  let read = 0;
  let timer: NodeJS.Timeout | undefined;
  const events: PhaseEvent[] = [];
  child.stdout?.on('data', () => {
    const end = output.stdout.lastIndexOf('\n') + 1;
    const lines = output.stdout
      .slice(read, end)
      .split('\n')
      .filter((line) => line !== '');
    read = end;
    for (const line of lines) {
      const event = JSON.parse(line) as PhaseEvent;
      events.push(event);
      if (point === null || event.phase !== point.phase) continue;
      const begins = event.type === 'phase-started';
      if (begins && point.at === 'started') kill();
      if (begins && point.at === 'between') timer = setTimeout(kill, delayMs);
      if (event.type === 'phase-finished' && point.at !== 'started') kill();
    }
  });
  const { code, stdout, stderr } = await finished;
  clearTimeout(timer);
  const ended = events.filter(({ type }) => type === 'phase-finished');
  return {
    code,
    finished: ended.flatMap(({ phase }) => (phase === undefined ? [] : [phase])),
    ms: new Map(ended.map(({ phase = '', ms = 0 }) => [phase, ms])),
    output: stdout + stderr,
  };
}
