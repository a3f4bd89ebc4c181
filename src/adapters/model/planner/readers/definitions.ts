import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import type { Field } from '../field.ts';
import { readField, splitFields } from '../field.ts';
import type { Lexicon } from '../lexicon.ts';
import { singular, snake } from '../words.ts';
import { constraintFacts, isConstraint } from './constraints.ts';
import { findListings } from './listings.ts';
import type { Definition, Structures } from './structures.ts';

/** Beyond this many brackets a request is no description any more. */
const MAX_DEFINITIONS = 200;

const KEYWORD =
  /\b(?:interface|type|model|class|struct|entity|table(?:\s+if\s+not\s+exists)?)\s+(?:["`]?\w+["`]?\.)?["`]?([\p{L}_][\p{L}\d_]*)["`]?\s*(?:extends\s+\w+\s*)?[=:]?\s*[({]/giu;
const BARE = /(?<![\p{L}\d_.])([\p{L}_][\p{L}\d_]*)(\s?)([({])/gu;

/** Reads definitions with brackets or on lines. What they name is wanted, and its columns are exactly theirs. */
export function readDefinitions(text: string, lexicon: Lexicon): Structures {
  const bracketed = findDefinitions(text, lexicon);
  const definitions = [...bracketed, ...findListings(text, bracketed, lexicon)];
  const facts = definitions.flatMap((definition) => definitionFacts(definition, lexicon));
  return { facts, spans: definitions.map(({ span }) => span) };
}

function definitionFacts({ name, fields, why }: Definition, lexicon: Lexicon): readonly Fact[] {
  const typed = /^(create\s+)?table\b/i.test(why);
  const constraints = fields.filter(isConstraint).flatMap((text) => constraintFacts(name, text, why));
  const pointing = new Set(constraints.flatMap((fact) => (fact.kind === 'link' ? [fact.role, `${fact.role}_id`] : [])));
  return [
    { kind: 'entity', name, strength: STRENGTH.defined, why },
    { kind: 'closed', entity: name, why },
    ...constraints,
    ...fields.flatMap((text) => {
      const field = isConstraint(text) ? null : readField(text, lexicon, typed);
      return field && !pointing.has(field.column.name) ? fieldFacts(name, field, why) : [];
    }),
  ];
}

/** Facts of one field; shared with the other places where fields are listed. */
export function fieldFacts(entity: string, field: Field, why: string): readonly Fact[] {
  const { column } = field;
  if (column.name === 'id') return [];
  if (field.primaryKey && !field.references) {
    // Rows get an id of their own; another key they have stays unique.
    const isId = column.name === `${entity}_id` || column.name === 'uuid';
    return isId ? [] : [{ kind: 'column', entity, column: { ...column, unique: true, nullable: false }, why }];
  }
  const pointed = field.references ? singular(snake(field.references)) : null;
  if (field.list && pointed) return [{ kind: 'link', child: pointed, parent: entity, why }];
  if (pointed) {
    const role = column.name.replace(/_id$/, '');
    const link = { kind: 'link', child: entity, parent: pointed, role, nullable: column.nullable, why } as const;
    const named = { kind: 'entity', name: pointed, strength: STRENGTH.listed, why } as const;
    return field.pointing ? [named, link] : [link];
  }
  const target = column.name.endsWith('_id') ? column.name.slice(0, -3) : null;
  if (target && !/^(external|stripe|google|remote|third_party)/.test(target) && !target.includes('stripe')) {
    return [{ kind: 'link', child: entity, parent: target, role: target, nullable: column.nullable, why }];
  }
  return [{ kind: 'column', entity, column, why }];
}

function findDefinitions(text: string, lexicon: Lexicon): readonly Definition[] {
  const found = new Map<number, Definition>();
  const closedAt = partners(text);
  const add = (match: RegExpMatchArray, word: string, strict: boolean) => {
    const open = (match.index ?? 0) + match[0].length - 1;
    const end = closedAt.get(open);
    const inside = end === undefined ? null : text.slice(open + 1, end);
    if (inside === null || found.has(open) || found.size >= MAX_DEFINITIONS) return;
    if (text[open] === '(' && isInside(open, found.values())) return;
    const fields = splitFields(inside);
    const name = singular(snake(word));
    if (name !== '' && (strict || isDefinition(word, fields, match[2] ?? '', match[3] ?? '', lexicon))) {
      const span = { start: headOf(text, match.index ?? 0) ?? open, end: open + inside.length + 2 };
      found.set(open, { name, fields, span, why: text.slice(match.index, open + inside.length + 2).slice(0, 200) });
    }
  };
  for (const match of text.matchAll(KEYWORD)) add(match, match[1] ?? '', true);
  for (const match of text.matchAll(BARE)) add(match, match[1] ?? '', false);
  return [...found.values()];
}

/** Where `CREATE TABLE` starts, when that is what stands there: its words name no things. */
function headOf(text: string, at: number): number | null {
  if (!/^table\b/i.test(text.slice(at, at + 6))) return null;
  return at - (/\bcreate\s+(?:[a-z]+\s+){0,2}$/i.exec(text.slice(Math.max(0, at - 40), at))?.[0].length ?? 0);
}

/** The values of an enum or the arguments of a check stand inside of a definition. */
function isInside(at: number, definitions: Iterable<Definition>): boolean {
  for (const { span } of definitions) if (at > span.start && at < span.end) return true;
  return false;
}

/** Where each bracket is closed. Brackets that are not closed are left out. */
function partners(text: string): ReadonlyMap<number, number> {
  const closers: ReadonlyMap<string, string> = new Map([
    [')', '('],
    ['}', '{'],
  ]);
  const open = new Map<string, number[]>([
    ['(', []],
    ['{', []],
  ]);
  const found = new Map<number, number>();
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    open.get(char)?.push(at);
    const opened = open.get(closers.get(char) ?? '')?.pop();
    if (opened !== undefined) found.set(opened, at);
  }
  return found;
}

/**
 * `Name(…)` written like code is one; `books (title, isbn)` is one when the word is a noun and most of what stands in
 * the brackets are known columns, so that `a type (single, double)` and `(two cups rice, salt)` are none.
 */
function isDefinition(
  word: string,
  fields: readonly string[],
  gap: string,
  bracket: string,
  lexicon: Lexicon,
): boolean {
  const name = singular(snake(word));
  if (fields.length === 0 || /["\d]/.test(fields[0]?.[0] ?? '')) return false;
  const codeLike = /^[A-Z]/.test(word) && (gap === '' || bracket === '{');
  if (codeLike) return true;
  if (lexicon.english.filler.has(name) || lexicon.english.determiners.has(name)) return false;
  const known = fields.filter((field) => {
    const plain = snake(field.replace(/[?:(].*$/, ''));
    return lexicon.attributes.looksLike(plain) || lexicon.nouns.has(singular(plain));
  }).length;
  const noun = lexicon.nouns.has(name);
  if (bracket === '{' || gap === '') return noun || known * 2 >= fields.length;
  const isAttribute = lexicon.attributes.known(name) !== null;
  return !isAttribute && fields.length > 1 && known * 2 > fields.length;
}
