import pluralize from 'pluralize';
import { isReservedWord } from '../sql-keywords.ts';

/** Names of tables and columns from names of a contract. */

/** Leaves room for what is put behind a name. */
const LONGEST = 40;
const SYSTEM = new Set(['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid']);

/** `createdAt` → `created_at`; always a name that a table or column may have. */
export function columnName(name: string): string {
  const plain = snakeCase(name);
  return isReservedWord(plain) || SYSTEM.has(plain) || plain.startsWith('pg_') ? `${plain}_value` : plain;
}

function snakeCase(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const short = words.slice(0, LONGEST).replace(/_+$/, '');
  return /^[a-z]/.test(short) ? short : `x_${short}`.replace(/_+$/, '');
}

/** `Article`, `article-items` → `articles`, `article_items`. */
export function tableNameOf(noun: string): string {
  const plain = snakeCase(noun);
  const plural = pluralize.plural(plain);
  return isReservedWord(plural) || plural.startsWith('pg_') ? `${plural}_rows` : plural;
}

/** `articles` → `article`. */
export function singularOf(table: string): string {
  return pluralize.singular(table);
}

/** Whether a word is one of several things: `comments`. */
export function isPluralWord(word: string): boolean {
  return pluralize.isPlural(word) && !pluralize.isSingular(word);
}

/** The last part of `#/components/schemas/Article`; empty for a schema without a name. */
export function componentOf(pointer: string): string {
  return /^#\/components\/schemas\/([^/]+)$/.exec(pointer)?.[1] ?? '';
}
