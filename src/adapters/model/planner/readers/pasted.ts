import type { Lexicon } from '../lexicon.ts';
import { findBuilders } from './pasted/builders.ts';
import { findClasses } from './pasted/classes.ts';
import { readEnumerations } from './pasted/enumerations.ts';
import { type Thing, thingFacts } from './pasted/thing.ts';
import { findTrees } from './pasted/trees.ts';
import type { Enumerations, Span, Structures } from './structures.ts';

/** What pasted code says, and the values it gives names, which other definitions may use. */
export interface Pasted extends Structures {
  readonly enums: Enumerations;
}

/** The sign of pasted code: without one nobody pays for looking. */
const CODE = /[{}]|^\s*[\w"'$-]+\??\s*:\s*(?:\n|\S+\s*$)|\benum\b|\bdata class\b|\brecord\b/im;

/** Reads classes, models, schemas and descriptions in JSON and YAML, as people paste them beside or instead of words. */
export function readPasted(text: string, lexicon: Lexicon): Pasted {
  if (!CODE.test(text)) return { facts: [], spans: [], enums: new Map() };
  const { enums, spans } = readEnumerations(text);
  const things: Thing[] = [];
  for (const find of [findTrees, findClasses, findBuilders]) {
    const free = find(text).filter(({ span }) => !things.some((one) => overlap(one.span, span)));
    things.push(...free);
  }
  const facts = thingFacts(things, enums, lexicon);
  return { facts, spans: [...spans, ...things.map(({ span }) => span)], enums };
}

function overlap(one: Span, other: Span): boolean {
  return one.start < other.end && other.start < one.end;
}
