import type { ColumnFact, Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { isPlural, singular, snake } from '../words.ts';
import type { Span, Structures } from './structures.ts';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;
const MAX_DEPTH = 6;
/** Beginnings of JSON that are tried; more is no sample. */
const MAX_TRIES = 50;

/** Reads sample answers in JSON: objects are entities, lists of objects their children, plain values columns. */
export function readSamples(text: string): Structures {
  const facts: Fact[] = [];
  const samples = findJson(text);
  for (const { value: sample } of samples) {
    for (const [key, value] of Object.entries(sample)) facts.push(...read(key, value, null, 0));
  }
  return { facts, spans: samples.map(({ span }) => span) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function read(key: string, value: unknown, parent: string | null, depth: number): readonly Fact[] {
  const name = singular(snake(key));
  const why = `"${key}" of the sample`;
  if (name === '' || depth > MAX_DEPTH) return [];
  const first = Array.isArray(value) ? value[0] : undefined;
  const inner = isObject(value) ? value : isObject(first) ? first : null;
  if (!inner) {
    if (!parent || name === 'id') return [];
    return [{ kind: 'column', entity: parent, column: sampleColumn(snake(key), value), why }];
  }
  const facts: Fact[] = [
    { kind: 'entity', name, strength: STRENGTH.defined, why },
    { kind: 'closed', entity: name, why },
  ];
  const many = Array.isArray(value) || isPlural(snake(key));
  if (parent) facts.push({ kind: 'link', child: many ? name : parent, parent: many ? parent : name, why });
  for (const [innerKey, innerValue] of Object.entries(inner)) {
    facts.push(...read(innerKey, innerValue, name, depth + 1));
  }
  return facts;
}

function sampleColumn(name: string, value: unknown): ColumnFact {
  if (value === null) return { name, nullable: true };
  if (typeof value === 'boolean') return { name, kind: 'boolean' };
  if (typeof value === 'number') return Number.isInteger(value) ? { name } : { name, kind: 'number' };
  if (typeof value === 'object') return { name, kind: 'json' };
  if (typeof value === 'string' && MOMENT.test(value)) return { name, kind: 'moment' };
  if (typeof value === 'string' && DAY.test(value)) return { name, kind: 'date' };
  return { name };
}

/** The JSON values that stand in a text, outermost ones only. */
function findJson(text: string): readonly { readonly value: Record<string, unknown>; readonly span: Span }[] {
  const found: { value: Record<string, unknown>; span: Span }[] = [];
  let tries = 0;
  for (let at = 0; at < text.length && tries < MAX_TRIES; at += 1) {
    if (text[at] !== '{' || !/^\{\s*"/.test(text.slice(at, at + 40))) continue;
    tries += 1;
    const end = endOfJson(text, at);
    try {
      const parsed: unknown = JSON.parse(text.slice(at, end));
      if (isObject(parsed)) {
        found.push({ value: parsed, span: { start: at, end } });
        at = end - 1;
      }
    } catch {
      // Not JSON after all: the other readers take it as text.
    }
  }
  return found;
}

function endOfJson(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\' && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === '{' || char === '[')) depth += 1;
    else if (!quoted && (char === '}' || char === ']')) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}
