import type { App } from '../../app.ts';
import { TurboError } from '../../domain/errors.ts';
import { exitCode } from './exit-code.ts';
import type { Output } from './output/output.ts';

/** So long (ms) what must not stay may take to be taken away when the process is told to end. */
const ENDING_MS = 3000;

/** Who listens for Ctrl-C and SIGTERM. */
export interface Signals {
  /** Never settles; null unless the process is ending. */
  ending(): Promise<never> | null;
  release(): void;
}

/**
 * Ctrl-C and SIGTERM end the process at once, but for copies of rows, which go first: every phase is made to be killed
 * anywhere and resumed. A command that follows something (`logs -f`) only has its signal fired, and ends by itself.
 */
export function listenForSignals(
  follower: () => AbortController | null,
  output: () => Output,
  app: () => App | null,
): Signals {
  let ending: Promise<never> | null = null;
  const onSignal = (signal: 'SIGINT' | 'SIGTERM') => {
    const code = signal === 'SIGINT' ? 'interrupted' : 'terminated';
    const end = () => process.exit(exitCode(new TurboError(code, '')));
    if (ending) return end();
    const following = follower();
    if (following && !following.signal.aborted) return following.abort();
    output().stop();
    output().failure({
      code,
      message: 'Stopped; nothing is lost.',
      hint: 'Run the same command again: it goes on where it was.',
      details: undefined,
      stack: undefined,
    });
    const { ending: last } = app() ?? {};
    if (!last?.isNeeded()) return end();
    ending = new Promise<never>(() => {});
    setTimeout(end, ENDING_MS);
    last.end().finally(end);
  };
  const onInterrupt = () => onSignal('SIGINT');
  const onTerminate = () => onSignal('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    ending: () => ending,
    release() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
  };
}
