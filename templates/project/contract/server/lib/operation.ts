import { randomBytes } from 'node:crypto';
import { defineHandler, type H3Event, HTTPError } from 'nitro/h3';
import type { z } from 'zod';
import { type FieldProblem, invalidFields, problem } from './problem.ts';

/** What went wrong. */
export interface Failure {
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
}

/** Builds the body that tells a failure; null answers none. */
export type Teller = ((failure: Failure) => unknown) | null;

/** The failures an operation is described with: status, `4xx` or `default`, and how they are told. */
export type Failures = Readonly<Record<string, Teller>>;

/** Statuses that may stand for another one, the best first, where it is not described. */
const ALIKE: Readonly<Record<number, readonly number[]>> = {
  400: [422],
  409: [422, 400],
  422: [400, 404],
  429: [401],
};

function describedStatus(status: number, failures: Failures): number {
  const all = [status, ...(ALIKE[status] ?? [])];
  return all.find((one) => String(one) in failures) ?? status;
}

function isDetails(data: unknown): data is { detail: string; errors?: FieldProblem[] } {
  return typeof data === 'object' && data !== null && 'detail' in data;
}

/** The answer for a failure as the contract describes it; null where it says nothing about it. */
function describe(error: HTTPError, failures: Failures): Response | null {
  if (error.unhandled || error.status >= 500 || !isDetails(error.data)) return null;
  const status = error.status === 429 ? 429 : describedStatus(error.status, failures);
  const key = [String(status), `${String(status)[0]}xx`, 'default'].find((one) => one in failures);
  if (key === undefined) return null;
  const { detail, errors = [] } = error.data;
  const headers = new Headers(error.headers);
  const tell = failures[key];
  if (!tell) return new Response(null, { status, headers });
  headers.set('content-type', 'application/json');
  return new Response(JSON.stringify(tell({ status, detail, errors })), { status, headers });
}

/** A handler whose failures look as the contract says; others are problem documents. */
export function operation(failures: Failures, handle: (event: H3Event) => Promise<unknown>) {
  return defineHandler(async (event) => {
    try {
      return await handle(event);
    } catch (error) {
      const answer = HTTPError.isError(error) ? describe(error, failures) : null;
      if (answer) return answer;
      throw error;
    }
  });
}

/** Sentences of a failure: one for each field, or what went wrong. */
export function sentences({ detail, errors }: Failure): string[] {
  const each = errors.map(({ field, message }) => `${field.split('.').at(-1)} ${message}`);
  return each.length > 0 ? each : [detail];
}

/** One for each field that is wrong, or what went wrong. */
export function problems({ detail, errors }: Failure): readonly FieldProblem[] {
  return errors.length > 0 ? errors : [{ field: '', message: detail }];
}

/** Sentences by the field they are about. */
export function byField({ detail, errors }: Failure): Record<string, string[]> {
  if (errors.length === 0) return { body: [detail] };
  const fields = new Map<string, string[]>();
  for (const { field, message } of errors) {
    const name = field.split('.').at(-1) ?? field;
    fields.set(name, [...(fields.get(name) ?? []), message]);
  }
  return Object.fromEntries(fields);
}

/**
 * The query of a request, checked. What it does not ask for is left out; `lists` are the parameters that hold several
 * values. Throws 400.
 */
export function readQuery<T extends z.ZodType>(
  event: H3Event,
  schema: T,
  lists: Readonly<Record<string, 'commas' | 'repeated'>> = {},
): z.output<T> {
  const given = new Map<string, string | string[]>();
  for (const [name, text] of event.url.searchParams) {
    const known = given.get(name);
    if (Object.hasOwn(lists, name)) {
      const values = lists[name] === 'commas' ? text.split(',') : [text];
      given.set(name, [...(known ?? []), ...values]);
    } else if (known === undefined) given.set(name, text);
    else throw invalidFields([{ field: name, message: 'is given twice' }]);
  }
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  throw invalidFields(
    result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
  );
}

/** A row without the members that are missing when they are empty. */
export function withoutNulls<T extends object>(row: T, names: readonly string[]): T {
  const entries = Object.entries(row).filter(
    ([name, value]) => value !== null || !names.includes(name),
  );
  return Object.fromEntries(entries) as T;
}

/** A part of an address made of a title, and of one row only. */
export function slugOf(title: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '');
  const own = randomBytes(4).toString('hex');
  return words === '' ? own : `${words}-${own}`;
}

/** Where a new row is found: behind the address it was made at. */
export function placeOf({ url }: H3Event, key: string | number): string {
  return `${url.pathname.replace(/\/$/, '')}/${encodeURIComponent(key)}`;
}

/** E-mail addresses are the same however they are written. */
export function usualAddress(address: unknown): unknown {
  return typeof address === 'string' ? address.trim().toLowerCase() : address;
}

/** 501: the handler of an operation that nobody wrote yet. */
export function notWritten(id: string) {
  return defineHandler(() => {
    throw problem(501, `${id} is not written yet: server/custom/operations/${id}.ts`);
  });
}
