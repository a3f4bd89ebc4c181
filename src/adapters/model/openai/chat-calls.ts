import { z } from 'zod';
import type { ToolCall } from '../../../ports/writer.ts';

/** A call of a tool as Chat Completions tell it, whole or in pieces; some services give arguments as an object. */
export const callPiece = z.looseObject({
  index: z.number().nullish().catch(null),
  id: z.string().nullish().catch(null),
  function: z
    .looseObject({
      name: z.string().nullish(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
  /** Gemini's signature of what it thought: without it, the next request is refused. */
  extra_content: z.record(z.string(), z.unknown()).nullish().catch(null),
});

type Piece = z.infer<typeof callPiece>;

interface Building {
  id: string;
  name: string;
  arguments: string;
  extra: Readonly<Record<string, unknown>> | null;
}

/**
 * The calls that pieces make: those of one call have its index, or, in whole answers, their place. A piece that begins
 * another call although it has the same index, as some services number all of them 0, makes a call of its own. No two
 * have the same id, as what comes of them is told by it.
 */
export function callsOf(pieces: readonly (Piece & { readonly place: number })[]): readonly ToolCall[] {
  const calls: Building[] = [];
  const open = new Map<number, Building>();
  for (const piece of pieces) {
    const at = piece.index ?? piece.place;
    const before = open.get(at);
    const call = before && !isAnother(piece, before) ? before : { id: '', name: '', arguments: '', extra: null };
    if (call !== before) calls.push(call);
    open.set(at, call);
    const given = piece.function?.arguments ?? '';
    call.id ||= piece.id ?? '';
    call.name ||= piece.function?.name ?? '';
    call.arguments += typeof given === 'string' ? given : JSON.stringify(given);
    call.extra ??= piece.extra_content ?? null;
  }
  return named(calls);
}

function isAnother({ id, function: part }: Piece, before: Building): boolean {
  if (id && before.id !== '') return id !== before.id;
  return Boolean(part?.name) && before.name !== '' && isWhole(before.arguments);
}

function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

function named(calls: readonly Building[]): readonly ToolCall[] {
  const taken = new Set<string>();
  return calls.map(({ id: given, name, arguments: text, extra }, at) => {
    const id = given === '' || taken.has(given) ? `call_${at}` : given;
    taken.add(id);
    return { id, name, arguments: text, ...(extra && { extra: { extra_content: extra } }) };
  });
}
