import { assertBodySize, defineHandler, type H3Event } from 'nitro/h3';
import type { z } from 'zod';
import { type FieldProblem, problem } from './problem.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** The body of a request as JSON. Throws 413, 415 or 400. */
async function readJson(event: H3Event): Promise<unknown> {
  const type = event.req.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw problem(415, 'The body must be application/json.');
  }
  assertBodySize(event, MAX_BODY_BYTES);
  const text = await event.req.text();
  try {
    return JSON.parse(text);
  } catch {
    throw problem(400, 'The body is not valid JSON.');
  }
}

function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap((issue): FieldProblem[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((field) => ({ field, message: 'is not a field of this resource' }));
    }
    return [{ field: issue.path.join('.'), message: issue.message }];
  });
}

/** Parses what came from outside. Throws 400 with a message for each field at fault. */
export function check<T extends z.ZodType>(schema: T, input: unknown): z.output<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw problem(400, 'Some fields are not valid.', { errors: fieldProblems(result.error) });
}

/** The body of a request, checked. */
export async function readBody<T extends z.ZodType>(
  event: H3Event,
  schema: T,
): Promise<z.output<T>> {
  return check(schema, await readJson(event));
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

/** Answers 201 with the address of the new row. */
export function answerCreated<T>(event: H3Event, path: string, key: readonly unknown[], row: T): T {
  event.res.status = 201;
  event.res.headers.set(
    'location',
    [path, ...key.map((part) => encodeURIComponent(String(part)))].join('/'),
  );
  return row;
}

/** A handler for the methods that a path does not have. */
export function methodNotAllowed(...allowed: readonly string[]) {
  const allow = (allowed.includes('GET') ? ['HEAD', ...allowed] : allowed).join(', ');
  return defineHandler((event) => {
    throw problem(405, `${event.req.method} is not possible here.`, { headers: { allow } });
  });
}
