import type { ErrorCode } from '../../../domain/errors.ts';
import type { Network } from '../../../domain/network.ts';
import type { RemoteName } from '../../../domain/remote.ts';
import type { Pace } from './pace.ts';

/** What a failure is called. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** Where time comes from, so that tests need not wait. */
export interface RemoteTime {
  /** Milliseconds of the calendar. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 to 1, 1 left out. */
  random(): number;
}

/** How long an answer may take, in milliseconds, by the kind of request. */
export interface RemoteTimeouts {
  /** What is looked up or written down. */
  readonly quick: number;
  /** What waits at the other end. */
  readonly long: number;
  /** What carries files. */
  readonly transfer: number;
}

export interface RemoteClientOptions {
  readonly remote: RemoteName;
  /** As people call it. */
  readonly service: string;
  /** Paths of orders stand behind it. */
  readonly baseUrl: string;
  /** Of every request: the token, for one. They are sent to `baseUrl` and follow no redirect. */
  readonly headers: Readonly<Record<string, string>>;
  /** What must stand in no message. */
  readonly secrets: readonly string[];
  readonly timeouts?: Partial<RemoteTimeouts>;
  /** At most so many tries of one request; default 5. */
  readonly tries?: number;
  /** All tries and waits of one request end after so long, in milliseconds; default 180 000. */
  readonly totalMs?: number;
  /** The longest wait that an answer may ask for, in milliseconds; default 60 000. */
  readonly maxWaitMs?: number;
  /** The largest answer in bytes; default 32 MB. */
  readonly maxBytes?: number;
  /** For requests that name a `paceKey`. */
  readonly pace?: Pace;
  /** The way out of this network; null or left out: Node's own. */
  readonly network?: Network | null;
  readonly time?: RemoteTime;
  /** Headers made for each try: a signature, for one. */
  readonly authorize?: (request: {
    readonly method: string;
    readonly url: URL;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array | string | null;
  }) => Promise<Readonly<Record<string, string>>>;
  /** Milliseconds that an answer asks to wait in a way of its own; null: it does not. */
  readonly waitOf?: (answer: Pick<RemoteAnswer, 'status' | 'headers'>) => number | null;
  /** What an answer means for this service, where its status alone does not say: a missing scope, a name that is taken. */
  readonly explain?: (answer: RemoteAnswer, order: RemoteOrder) => Failure | null;
}

export interface RemoteOrder {
  readonly method: string;
  /** Begins with a slash; parts are encoded by the caller. Shown in messages, so it holds no secret. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: Uint8Array | string;
  /** Doing it twice is doing it once: it may be tried again after an answer of 429 or 5xx, or when none came. */
  readonly idempotent: boolean;
  /** Default `quick`. */
  readonly timeout?: keyof RemoteTimeouts;
  /** Requests of one key are spread by the pace. */
  readonly paceKey?: string;
  /** Overrules the pace of the client. */
  readonly pace?: Pace;
  /** Statuses besides 2xx that are answers and no failures: 404 for what may not be there. */
  readonly accept?: readonly number[];
  /** What a good answer is made of; an empty one is always fine. Default `json`. */
  readonly expect?: 'json' | 'bytes';
}

export interface RemoteAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when the body is empty or no JSON. */
  readonly json: unknown;
  readonly bytes: Uint8Array;
}

export interface RemoteClient {
  /** Throws `remote.*`; `details.status` says what was answered, where something was. */
  request(order: RemoteOrder): Promise<RemoteAnswer>;
  /** A text without the secrets of this client. */
  redact(text: string): string;
}
