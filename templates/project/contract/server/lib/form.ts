import type { H3Event } from 'nitro/h3';
import type { z } from 'zod';
import { invalidFields, problem } from './problem.ts';
import { readBody } from './request.ts';

const MAX_BYTES = 64 * 1024;

/** The body of a request, checked: a form as browsers send it, or the same as JSON. Throws 400, 413 or 415. */
export async function readForm<T extends z.ZodType>(
  event: H3Event,
  schema: T,
): Promise<z.output<T>> {
  const [type = ''] = (event.req.headers.get('content-type') ?? '').toLowerCase().split(';');
  if (type.trim() !== 'application/x-www-form-urlencoded') return readBody(event, schema);
  const fields = new URLSearchParams(await readText(event));
  const result = schema.safeParse(Object.fromEntries(fields));
  if (result.success) return result.data;
  throw invalidFields(
    result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })),
  );
}

async function readText({ req }: H3Event): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of req.body ?? []) {
    bytes += chunk.length;
    if (bytes <= MAX_BYTES) text += decoder.decode(chunk, { stream: true });
  }
  if (bytes > MAX_BYTES) throw problem(413, `The body must be no longer than ${MAX_BYTES} bytes.`);
  return text;
}
