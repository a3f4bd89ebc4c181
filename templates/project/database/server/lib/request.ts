import type { H3Event } from 'nitro/h3';
import type { z } from 'zod';
import { type FieldProblem, invalidFields, problem } from './problem.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** The only character set of JSON; naming it is harmless. */
const UTF_8 = /^charset\s*=\s*"?utf-?8"?$/;

/** Rows that one request may create. */
const MAX_ROWS = 100;

/** The JSON in the body of a request. Throws 413, 415 or 400. */
async function readJson(event: H3Event): Promise<unknown> {
  checkMediaType(event.req.headers);
  return parseJson(decode(await readBytes(event)));
}

function toObject(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return withoutPrototype(body);
  }
  throw problem(400, 'The body must be a JSON object.');
}

/** Throws 415 for anything but JSON in UTF-8, as it is. */
function checkMediaType(headers: Headers): void {
  const [type = '', ...parameters] = (headers.get('content-type') ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw problem(415, 'The body must be application/json.');
  }
  if (parameters.some((part) => part.startsWith('charset') && !UTF_8.test(part))) {
    throw problem(415, 'The body must be in UTF-8.');
  }
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity') {
    const accepted = { 'accept-encoding': 'identity' };
    throw problem(415, 'The body must not be compressed.', { headers: accepted });
  }
}

/** So that a field called "constructor" is there only when it was sent. */
function withoutPrototype<T>(fields: T): T {
  return Object.assign(Object.create(null), fields);
}

/** What is too much is read and dropped, so that the client gets its answer and keeps its connection. */
async function readBytes({ req }: H3Event): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Past the framework where there is a way: it would make a web stream of it.
  for await (const chunk of req.runtime?.node?.req ?? req.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes <= MAX_BODY_BYTES) return Buffer.concat(chunks);
  throw problem(413, `The body must not be larger than ${MAX_BODY_BYTES} bytes.`);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw problem(400, 'The body is not valid UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw problem(400, 'The body is not valid JSON.');
  }
}

function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap((issue): FieldProblem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((field) => ({ field, message: 'is not known here' }));
    }
    return [{ field: issue.path.join('.'), message: issue.message }];
  });
}

/** Parses what came from outside. Throws 400 with a message for each field at fault. */
function check<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidFields(fieldProblems(result.error));
}

/** The body of a request, checked. */
export async function readBody<T extends z.ZodType>(
  event: H3Event,
  schema: T,
): Promise<z.output<T>> {
  return withoutPrototype(check(schema, toObject(await readJson(event))));
}

/** The body of a request, checked: one row, or a list of them. */
export async function readBodies<T extends z.ZodType>(
  event: H3Event,
  schema: T,
): Promise<{ one: z.output<T> } | { many: z.output<T>[] }> {
  const body = await readJson(event);
  if (!Array.isArray(body)) return { one: withoutPrototype(check(schema, toObject(body))) };
  if (body.length === 0 || body.length > MAX_ROWS) {
    throw problem(400, `The body must hold 1 to ${MAX_ROWS} rows.`);
  }
  const problems: FieldProblem[] = [];
  const many: z.output<T>[] = [];
  for (const [index, item] of body.entries()) {
    const result = schema.safeParse(toObject(item));
    if (result.success) many.push(withoutPrototype(result.data));
    else {
      const own = fieldProblems(result.error);
      problems.push(...own.map((one) => ({ ...one, field: `${index}.${one.field}` })));
    }
  }
  if (problems.length > 0) throw invalidFields(problems);
  return { many };
}

/** The key in the path. A key that no row can have is not found. */
export function readKey<T extends z.ZodType>(event: H3Event, schema: T): z.output<T> {
  const parts = Object.entries(event.context.params ?? {}).map(([name, text]) => [
    name,
    decodePart(text),
  ]);
  const result = schema.safeParse(Object.fromEntries(parts));
  if (result.success) return result.data;
  throw notFound();
}

function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Gives the row back, or throws 404. */
export function found<T>(row: T | undefined): T {
  if (row === undefined) throw notFound();
  return row;
}

export function notFound(): Error {
  return problem(404, 'There is no such row.');
}
