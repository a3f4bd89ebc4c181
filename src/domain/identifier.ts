import { isQuotedKeyword } from './sql-keywords.ts';

/**
 * SQL identifiers and literals: the only place in the product that puts a name or a constant into SQL text.
 * Values of statements are parameters; DDL knows none, so defaults and enum values go through `literal`.
 */

/** PostgreSQL cuts names silently at 63 bytes; 55 leave room for the suffixes of derived names (RELIABILITY 4.2). */
export const MAX_IDENTIFIER_LENGTH = 55;

const PLAIN = /^[a-z][a-z0-9_]{0,54}$/;

/** A name people may give to a table, column or enum. */
export function isPlainIdentifier(name: string): boolean {
  return PLAIN.test(name);
}

/** Quotes a name for SQL text. Throws on an empty name, a NUL, or more than 63 bytes. */
export function identifier(name: string): string {
  if (name === '' || name.includes('\0') || Buffer.byteLength(name) > 63) {
    throw new RangeError(`not a PostgreSQL identifier: ${JSON.stringify(name)}`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A name for SQL that people read: quoted only where PostgreSQL needs it, like its own `quote_ident`. Throws like
 * `identifier`.
 */
export function readableIdentifier(name: string): string {
  const quoted = identifier(name);
  return /^[a-z_][a-z0-9_]*$/.test(name) && !isQuotedKeyword(name) ? name : quoted;
}

/** Quotes a constant for SQL text (standard_conforming_strings does not matter: backslashes use the E form). */
export function literal(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('only finite numbers have a SQL literal');
    return String(value);
  }
  if (value.includes('\0')) throw new RangeError('a NUL cannot be stored in PostgreSQL text');
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
