import { hasTypeOrRule, splitFields } from '../field.ts';
import type { Lexicon } from '../lexicon.ts';
import { singular, snake } from '../words.ts';
import type { Definition, Span } from './structures.ts';

const MAX_LISTINGS = 100;
/** The name, then fields up to the end of the line, a semicolon, or a sentence that starts with the next name. */
const LISTING =
  /^(\s*(?:[-*•+·]|\d+[.)])?\s*(?:(?:class|model|entity|table|resource|type|interface|struct)\s+(?=\p{Lu}))?)([\p{L}_][\p{L}\d_]*(?:[ -][\p{L}\d_]+)?)\s*:\s*(\S.*?)\s*$/u;

interface Segment {
  readonly start: number;
  readonly text: string;
}

interface Listing extends Definition {
  readonly sure: boolean;
}

/**
 * Definitions without brackets: `Book: title string required, isbn unique; Author: name`. One of them must give a type or
 * a rule, or they are divided by semicolons; lists of bare words are left to those who read running text.
 */
export function findListings(text: string, found: readonly Definition[], lexicon: Lexicon): readonly Definition[] {
  const free = (at: number) => !found.some(({ span }) => at >= span.start && at < span.end);
  const listings = segments(text, free).flatMap((segment) => readListing(segment, lexicon) ?? []);
  if (listings.length === 0 || listings.length > MAX_LISTINGS) return [];
  const divided = listings.some((one, at) => /^\s*;/.test(text.slice(one.span.end)) && at + 1 < listings.length);
  return divided || found.length > 0 || listings.some(({ sure }) => sure) ? listings : [];
}

function segments(text: string, free: (at: number) => boolean): readonly Segment[] {
  const parts: Segment[] = [];
  let start = 0;
  for (const match of text.matchAll(/;|\n|\.(?=\s+\p{Lu}[\p{L}\d_]*\s*:)|$/gu)) {
    if (!free(match.index)) continue;
    if (free(start)) parts.push({ start, text: text.slice(start, match.index) });
    start = match.index + match[0].length;
  }
  return parts;
}

function readListing({ start, text }: Segment, lexicon: Lexicon): Listing | null {
  const match = text.length > 2000 ? null : LISTING.exec(text.replace(/\s+/g, ' ').trimEnd());
  const [, bullet = '', word = '', inside = ''] = match ?? [];
  const name = singular(snake(word));
  const { english, nouns } = lexicon;
  const isPointing = inside.split(',').some((field) => /^\s*\w+_id\b/.test(field));
  const isNoun = isPointing || nouns.has(name) || /^\p{Lu}/u.test(word) || bullet.trim() !== '';
  if (!match || !isNoun || english.filler.has(name) || english.software.has(name)) return null;
  const fields = splitFields(inside.replace(/\.$/, ''));
  const sure = fields.map((field) => hasTypeOrRule(field));
  const short = fields.every(
    (field, at) =>
      sure[at] ||
      field
        .replace(/\([^()]*\)/g, '')
        .trim()
        .split(/\s+/).length <= 3,
  );
  if (!short || fields.some((field) => /[.!?]\s/.test(field))) return null;
  const body: Span = { start: start + text.indexOf(':', bullet.length), end: start + text.trimEnd().length };
  return { name, fields, span: body, why: text.trim().slice(0, 200), sure: sure.includes(true) };
}
