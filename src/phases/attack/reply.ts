import type { Exchange } from '../../domain/verification.ts';
import type { Person } from './person.ts';
import { isRow, type Row } from './row.ts';

/** A request of an attack. */
export interface Shot {
  readonly method: string;
  /** With its query, encoded. */
  readonly path: string;
  /** Whose token goes along; without one, nobody's. */
  readonly as?: Person | null | undefined;
  readonly json?: unknown;
  /** A body as it is, instead of `json`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What was put in: it may come back in an error without telling anything. */
  readonly payload?: string;
  /** How the place is called in a report; method and path by default. */
  readonly where?: string;
  readonly timeoutMs?: number;
}

const SHOWN_BYTES = 600;

/** What came back. `status` 0: nothing. */
export class Reply {
  readonly shot: Shot;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly ms: number;
  #json: unknown;

  constructor(
    shot: Shot,
    answer: { status: number; headers: Readonly<Record<string, string>>; body: string; ms: number },
  ) {
    this.shot = shot;
    this.status = answer.status;
    this.headers = answer.headers;
    this.body = answer.body;
    this.ms = answer.ms;
  }

  get isGood(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The body as JSON; null when it is none. */
  json(): unknown {
    if (this.#json === undefined) {
      try {
        this.#json = JSON.parse(this.body);
      } catch {
        this.#json = null;
      }
    }
    return this.#json;
  }

  row(): Row | null {
    const value = this.json();
    return isRow(value) ? value : null;
  }

  /** The rows of a list; none for anything else. */
  rows(): readonly Row[] {
    const data = this.row()?.data;
    return Array.isArray(data) ? data.filter(isRow) : [];
  }

  /** For a report; `redact` takes secrets out. */
  exchange(redact: (text: string) => string): Exchange {
    const { method, path, json, text, headers = {}, as } = this.shot;
    const sent = text ?? (json === undefined ? null : JSON.stringify(json));
    const shown = (given: string) => redact(given).slice(0, SHOWN_BYTES);
    const authorization: Record<string, string> = as ? { authorization: `Bearer <token of ${as.name}>` } : {};
    return {
      method,
      path: shown(path),
      headers: shownHeaders({ ...authorization, ...headers }, shown),
      body: sent === null ? null : shown(sent),
      answer: {
        status: this.status === 0 ? null : this.status,
        headers: shownHeaders(this.headers, shown),
        body: shown(this.body),
      },
    };
  }
}

function shownHeaders(headers: Readonly<Record<string, string>>, shown: (text: string) => string) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, shown(value)]));
}
