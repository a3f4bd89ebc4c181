import type { Http, HttpAnswer } from '../../ports/http.ts';

export type Row = Readonly<Record<string, unknown>>;

const SHOWN_LENGTH = 300;

/** An answer together with the question, so that a failure can tell the whole exchange. */
export class Answer {
  readonly status: number;
  readonly headers: HttpAnswer['headers'];
  readonly #body: string;
  readonly #question: string;

  constructor(question: string, answer: HttpAnswer) {
    this.#question = question;
    this.status = answer.status;
    this.headers = answer.headers;
    this.#body = answer.body;
  }

  /** The body as a JSON object; null when it is none. */
  row(): Row | null {
    try {
      const value: unknown = JSON.parse(this.#body);
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? (value as Row) : null;
    } catch {
      return null;
    }
  }

  expect(claim: boolean, complaint: string): void {
    if (claim) return;
    throw new Error(`${complaint}: ${this.#question} → ${this.status} ${this.#body.slice(0, SHOWN_LENGTH)}`);
  }

  expectStatus(status: number): void {
    this.expect(this.status === status, `expected ${status}`);
  }

  /** An error as RFC 9457 wants it. */
  expectProblem(status: number): void {
    this.expectStatus(status);
    const type = this.headers['content-type'] ?? '';
    this.expect(type.startsWith('application/problem+json'), 'expected application/problem+json');
    this.expect(this.row()?.status === status, 'the problem does not repeat its status');
  }

  expectRow(status: number): Row {
    this.expectStatus(status);
    const row = this.row();
    if (row) return row;
    throw new Error(`expected a JSON object: ${this.#question} → ${this.status} ${this.#body.slice(0, SHOWN_LENGTH)}`);
  }
}

export type Talk = (
  method: string,
  path: string,
  message?: {
    readonly json?: unknown;
    readonly text?: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
) => Promise<Answer>;

/** The same, as somebody who is signed in. */
export function as(talk: Talk, token: string): Talk {
  const authorization = `Bearer ${token}`;
  return (method, path, message = {}) =>
    talk(method, path, { ...message, headers: { authorization, ...message.headers } });
}

/** A busy machine takes its time, above all for passwords. */
const TIMEOUT_MS = 15_000;

/** Speaks to one backend. */
export function openTalk(url: string, http: Http): Talk {
  const base = url.replace(/\/+$/, '');
  return async (method, path, message = {}) => {
    const sent = message.text ?? (message.json === undefined ? '' : JSON.stringify(message.json));
    const question = `${method} ${path}${sent === '' ? '' : ` ${sent.slice(0, SHOWN_LENGTH)}`}`;
    const headers = { ...message.headers, ...(sent === '' ? {} : { 'content-type': 'application/json' }) };
    try {
      const options = { headers, timeoutMs: TIMEOUT_MS, ...(sent === '' ? {} : { body: sent }) };
      const answer = await http.request(method, `${base}${path}`, options);
      return new Answer(question, answer);
    } catch (error) {
      throw new Error(`${question} → ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  };
}
