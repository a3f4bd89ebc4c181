import { isJson, type Json, pointerTo } from '../../../domain/api-document.ts';
import { TurboError } from '../../../domain/errors.ts';
import { stripInvisible } from '../../../domain/request.ts';

/** What a document may hold: far above what anybody writes, far below what would keep a machine busy. */
export const DOCUMENT_LIMITS = { bytes: 4 * 1024 * 1024, depth: 64, values: 400_000, aliases: 200 } as const;

/** The object a text of JSON or YAML holds, as plain data. Throws `contract.unreadable`. */
export async function parseText(text: string, name: string): Promise<Json> {
  const value = text.trimStart().startsWith('{') ? parseJson(text, name) : await parseYaml(text, name);
  if (!isJson(value))
    throw unreadable(`${name} holds no object.`, 'Give it a description of an API: openapi, info, paths.');
  checkTree(value, name);
  return value;
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(`${name} is not valid JSON: ${reason(error)}`, 'Correct it at the place that is named.', error);
  }
}

async function parseYaml(text: string, name: string): Promise<unknown> {
  const { parseDocument } = await import('yaml');
  try {
    // No merging, no types of YAML 1.1: a document means the same as JSON.
    const document = parseDocument(text, { schema: 'core', uniqueKeys: true, prettyErrors: true, logLevel: 'silent' });
    const [problem] = document.errors;
    if (problem) throw problem;
    // Through text, so that an alias becomes a copy and only JSON is left.
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: DOCUMENT_LIMITS.aliases }) ?? null));
  } catch (error) {
    throw unreadable(`${name} is not valid YAML: ${reason(error)}`, 'Correct it at the place that is named.', error);
  }
}

function reason(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deeply.';
  const [first = ''] = error instanceof Error ? error.message.split('\n') : [];
  return `${stripInvisible(first).slice(0, 200).replace(/[.:]$/, '')}.`;
}

/** Depth and size, without a stack of calls, and names that no object should have. */
function checkTree(root: Json, name: string): void {
  const open: { value: unknown; pointer: string; depth: number }[] = [{ value: root, pointer: '#', depth: 0 }];
  let count = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, pointer, depth } = next;
    count += 1;
    if (count > DOCUMENT_LIMITS.values) {
      throw unreadable(
        `${name} holds more than ${DOCUMENT_LIMITS.values} values.`,
        'Bring the part of it that is wanted.',
      );
    }
    if (typeof value !== 'object' || value === null) continue;
    if (depth > DOCUMENT_LIMITS.depth) {
      throw unreadable(
        `${name} is nested too deeply at ${shown(pointer)}.`,
        `${DOCUMENT_LIMITS.depth} levels are the limit.`,
      );
    }
    for (const [key, item] of Object.entries(value)) {
      if (key === '__proto__')
        throw unreadable(`${name} uses the name "__proto__" at ${shown(pointer)}.`, 'Rename it.');
      open.push({ value: item, pointer: pointerTo(pointer, key), depth: depth + 1 });
    }
  }
}

/** A pointer as it may be printed. */
export function shown(pointer: string): string {
  return stripInvisible(pointer).slice(0, 200);
}

/** `contract.unreadable`, with what to do. */
export function unreadable(message: string, hint: string, cause?: unknown): TurboError {
  return new TurboError('contract.unreadable', message, { hint, ...(cause === undefined ? {} : { cause }) });
}
