import { createHmac, randomBytes } from 'node:crypto';
import { APP_SECRET } from './generated-projects.ts';

/** What a backend answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface Asking {
  readonly body?: unknown;
  readonly token?: string;
  /** Where the request claims to come from; a new address each time when it is not said. */
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
