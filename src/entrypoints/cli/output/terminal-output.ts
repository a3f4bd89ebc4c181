import chalk, { Chalk } from 'chalk';
import ora, { type Ora } from 'ora';
import type { ProgressEvent } from '../../../domain/progress.ts';
import { ensureNewline } from './json-output.ts';
import type { Output, Style } from './output.ts';

export interface TerminalOptions {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** A spinner is only drawn on a terminal; elsewhere each finished phase is one plain line. */
  readonly animated: boolean;
  readonly color: boolean;
  readonly verbose: boolean;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 1000 ? 2 : 1)} s`;

/** For people: progress on stderr with the time each phase took, the result on stdout. */
export function terminalOutput(options: TerminalOptions): Output {
  const paint: Style = options.color ? (chalk.level > 0 ? chalk : new Chalk({ level: 1 })) : new Chalk({ level: 0 });
  const active = new Map<string, string>();
  let spinner: Ora | null = null;

  const draw = () => {
    if (!options.animated) return;
    spinner?.stop();
    spinner = null;
    if (active.size === 0) return;
    // stdin stays untouched: a prompt may follow, and Ctrl-C must reach us.
    spinner = ora({ text: [...active.values()].join(' · '), stream: process.stderr, discardStdin: false }).start();
  };
  const say = (line: string) => {
    spinner?.stop();
    spinner = null;
    options.stderr(`${line}\n`);
    draw();
  };

  const report = (event: ProgressEvent) => {
    switch (event.kind) {
      case 'phase-started':
        active.set(event.phase, event.title);
        return draw();
      case 'phase-finished':
        active.delete(event.phase);
        return say(`${paint.green('✔')} ${event.title} ${paint.dim(event.reused ? 'done before' : seconds(event.ms))}`);
      case 'phase-failed':
        active.delete(event.phase);
        return say(`${paint.red('✖')} ${event.title} ${paint.dim(seconds(event.ms))}`);
      case 'note':
        return say(`${paint.cyan('ℹ')} ${event.message}`);
      case 'warning':
        return say(`${paint.yellow('!')} ${event.message}`);
      case 'detail':
        return options.verbose ? say(paint.dim(`  ${event.message}`)) : undefined;
    }
  };

  const stop = () => {
    active.clear();
    spinner?.stop();
    spinner = null;
  };

  return {
    progress: report,
    line: (text) => options.stdout(`${text}\n`),
    result({ text }) {
      stop();
      options.stdout(ensureNewline(text(paint)));
    },
    failure({ code, message, hint, stack }) {
      stop();
      options.stderr(`${paint.red('error')} ${paint.bold(code)}: ${message}\n`);
      if (stack) options.stderr(`${paint.dim(stack)}\n`);
      if (hint) options.stderr(`  → ${hint}\n`);
    },
    stop,
  };
}
