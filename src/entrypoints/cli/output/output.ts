import type { ProgressEvent } from '../../../domain/progress.ts';

/** Colours for text meant for people; without colour every function gives the text back as it is. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

export const PLAIN: Style = {
  bold: (text) => text,
  dim: (text) => text,
  green: (text) => text,
  red: (text) => text,
  yellow: (text) => text,
  cyan: (text) => text,
};

/** What a command comes to: an object for programs, a text for people. */
export interface Outcome {
  /** JSON; the stable API of `--json`. */
  readonly data: unknown;
  readonly text: (style: Style) => string;
  /** When the command did its work but the answer is "no", as for `doctor`. */
  readonly exitCode?: number;
}

/** What went wrong, for whoever watches. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: unknown;
  /** Only for bugs, and only with --verbose. */
  readonly stack: string | undefined;
}

/** The one boundary for talking. Commands cannot tell which implementation they speak to. */
export interface Output {
  progress(event: ProgressEvent): void;
  /** One line of a result that never ends, like a followed log. */
  line(text: string): void;
  result(outcome: Outcome): void;
  failure(failure: Failure): void;
  /** Gives the terminal back as it was; safe to call at any time, also twice. */
  stop(): void;
}
