import type { Origin } from '../../../domain/explanation.ts';
import type { Entity } from './lexicon.ts';

/** Longest quotation; a whole definition says no more than its beginning. */
const LONGEST_QUOTE = 160;

/** Words of the request, found again in its text; what a reader put in words of its own is a rule. */
export function quoted(why: string, text: string): Origin {
  const quote = findQuote(why.trim(), text);
  return quote === null
    ? { kind: 'rule', rule: why }
    : { kind: 'request', quote: quote.slice(0, LONGEST_QUOTE).trim() };
}

/** Of a quotation with several items the one that has the name in it. */
export function quotedFor(name: string, why: string, text: string): Origin {
  const quote = findQuote(why.trim(), text);
  if (quote === null) return { kind: 'rule', rule: why };
  const words = name.split('_').filter((word) => /^[a-z0-9]+$/.test(word));
  const place = words.length === 0 ? null : new RegExp(words.join('[^a-z0-9]{0,2}'), 'i').exec(quote);
  if (!place) return { kind: 'request', quote: quote.slice(0, LONGEST_QUOTE).trim() };
  const start = [...quote.slice(0, place.index).matchAll(/[,;\n({|.]|\band\b/gi)].at(-1);
  const ahead = quote.slice(place.index + place[0].length);
  const end = ahead.search(/[,;\n{}]|\.\s|\.$|\)\s*$|\sand\s/i);
  const from = start ? start.index + start[0].length : 0;
  const piece = quote.slice(from, end === -1 ? undefined : place.index + place[0].length + end).trim();
  return { kind: 'request', quote: piece.slice(0, LONGEST_QUOTE).trim() };
}

/** The text itself, its words however they are spaced, or its longest part that is there. */
function findQuote(why: string, text: string): string | null {
  // All columns of a definition ask for the same words.
  if (found.text !== text) found = { text, quotes: new Map() };
  const before = found.quotes.get(why);
  if (before !== undefined) return before;
  const quote = searchQuote(why, text);
  found.quotes.set(why, quote);
  return quote;
}

let found: { readonly text: string; readonly quotes: Map<string, string | null> } = { text: '', quotes: new Map() };

function searchQuote(why: string, text: string): string | null {
  if (why === '') return null;
  // Wide gaps are what was read before and blanked out: they are not in the request.
  if (text.includes(why) && !/ {3}/.test(why)) return why;
  const sample = /^"[^"]+"(?= of the sample$)/.exec(why)?.[0];
  if (sample && text.includes(sample)) return sample;
  const parts = why
    .split(/\s{2,}|\n/)
    .map((part) => part.trim())
    .filter((part) => part.length > 2 && text.includes(part));
  const longest = parts.sort((a, b) => b.length - a.length)[0];
  if (longest !== undefined) return longest;
  const words = why.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(words.join("[\\s'’]*"), 'i').exec(text)?.[0] ?? null;
}

/** What the lexicon knows, and what made it speak. */
export function known(entity: Entity, because: string): Origin {
  return { kind: 'lexicon', entry: `${entity.domain}/${entity.name}`, because };
}

/** A rule of the planner, in words. */
export function rule(text: string): Origin {
  return { kind: 'rule', rule: text };
}

/** `order_item` as people say it. */
export function spoken(name: string): string {
  return name.replaceAll('_', ' ').slice(0, 100);
}
