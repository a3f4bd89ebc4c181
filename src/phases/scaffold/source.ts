/** Small pieces of TypeScript text. Everything that comes from a schema passes one of these before it is code. */

import { tellingText } from '../../domain/telling-text.ts';

/** Generated lines are at most this long. */
export const LINE_WIDTH = 100;

const PLAIN_PROPERTY = /^[A-Za-z_$][\w$]*$/;

/** A single-quoted string literal; control and separator characters are escaped. */
export function quoted(text: string): string {
  const body = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g, escapeUnit);
  return text.includes("'") && !text.includes('"') ? `"${body.replaceAll("\\'", "'")}"` : `'${body}'`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A name in an object literal or type. */
export function property(name: string): string {
  return PLAIN_PROPERTY.test(name) ? name : quoted(name);
}

/** `input.title`, or `input['odd name']`. */
export function member(object: string, name: string): string {
  return PLAIN_PROPERTY.test(name) ? `${object}.${name}` : `${object}[${quoted(name)}]`;
}

/** `name: value` of a broken list, `indent` from the edge; a value that does not fit stands on the next line. */
export function entry(name: string, value: string, indent = 2): string {
  const line = `${property(name)}: ${value}`;
  const fits = line.includes('\n') || indent + line.length + 1 <= LINE_WIDTH;
  return fits ? line : `${property(name)}:\n${' '.repeat(indent + 2)}${value}`;
}

/** `order_status` → `OrderStatus`. */
export function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** A JSON value as an expression. */
export function jsonCode(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(jsonCode).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return numberCode(value);
  const entries = Object.entries(value).map(([name, item]) => `${property(name)}: ${jsonCode(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** `1e21`, where String would write `1e+21`. */
export function numberCode(value: unknown): string {
  return String(value).replace('e+', 'e');
}

/** Text of a doc comment: one line, and no way out of the comment. */
export function commentText(text: string): string {
  return text
    .replaceAll('*/', '* /')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
}

/** What a doc comment says of something beside its name; empty when that is nothing. */
export function noteText(name: string, description: string): string {
  return commentText(tellingText(name, description));
}

/** `open` items `close` on one line when it fits after `indent`, otherwise an item a line. */
export function listed(open: string, items: readonly string[], close: string, indent = 0): string {
  const spaced = open.endsWith('{') && items.length > 0 ? ' ' : '';
  const line = `${open}${spaced}${items.join(', ')}${spaced}${close}`;
  if (!items.some((item) => item.includes('\n')) && indent + line.length <= LINE_WIDTH) return line;
  const pad = ' '.repeat(indent);
  return [open, ...items.map((item) => `${pad}  ${item},`), `${pad}${close}`].join('\n');
}

/** SQL items separated by commas, filled up to the line width; the first line starts after `lead`. */
export function sqlList(lead: string, items: readonly string[], indent: number): string {
  const lines: string[] = [];
  let line = lead;
  for (const [index, item] of items.entries()) {
    const text = index < items.length - 1 ? `${item},` : item;
    const separator = line === lead && lead.endsWith('(') ? '' : ' ';
    if (line !== lead && indent + line.length + 1 + text.length > LINE_WIDTH) {
      lines.push(line);
      line = `  ${text}`;
    } else line += separator + text;
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** Text inside a template literal. */
export function templateText(text: string): string {
  return text.replace(/[\\`]|\$\{/g, '\\$&');
}

/** `import { a, type B } from 'x';`, names sorted without regard to case and `type`. */
export function importLine(names: readonly string[], from: string): string {
  const bare = (name: string) => name.replace(/^type /, '');
  const sorted = [...names].sort((one, other) => compare(sortKey(bare(one)), sortKey(bare(other))));
  const onlyTypes = sorted.every((name) => name.startsWith('type '));
  const open = onlyTypes ? 'import type {' : 'import {';
  const items = onlyTypes ? sorted.map(bare) : sorted;
  // A single name gains nothing from lines of its own.
  return items.length === 1 ? `${open} ${items[0]} } from '${from}';` : listed(open, items, `} from '${from}';`);
}

/** Letter by letter A, a, B, b: as the formatter sorts. */
function sortKey(name: string): string {
  return name.replace(/[A-Za-z]/g, (letter) => `${letter.toLowerCase()}${letter < 'a' ? 0 : 1}`);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
