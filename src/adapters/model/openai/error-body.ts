import { z } from 'zod';

const text = z.string().nullish().catch(null);
const told = z.looseObject({
  message: text,
  code: z.union([z.string(), z.number()]).nullish().catch(null),
  status: text,
  detail: text,
});
const body = z.union([
  z.looseObject({ error: z.union([z.string(), told]) }),
  told.transform((error) => ({ error })),
  z.string().transform((error) => ({ error })),
]);

/** Characters of an error that is no JSON; more is a web page. */
const LONGEST_PLAIN = 300;

/**
 * The same response with its error where the client looks for it. Gemini puts it into a list of one, Ollama and others
 * say it as a plain text or under another name. What is no error stays untouched.
 */
export async function withPlainError(response: Response): Promise<Response> {
  if (response.ok) return response;
  const { status, statusText, headers } = response;
  const error = readError(await response.text());
  const plain = error.message === '' && error.code === null ? null : JSON.stringify({ error });
  return new Response(plain, { status, statusText, headers });
}

function readError(raw: string): { readonly message: string; readonly code: string | null } {
  const value = parse(raw);
  const read = body.safeParse(Array.isArray(value) ? value[0] : value);
  if (!read.success) return { message: raw.length > LONGEST_PLAIN ? '' : raw, code: null };
  const { error } = read.data;
  if (typeof error === 'string') return { message: error, code: null };
  const code = typeof error.code === 'string' ? error.code : (error.status ?? null);
  return { message: error.message ?? error.detail ?? '', code };
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return null;
  }
}
