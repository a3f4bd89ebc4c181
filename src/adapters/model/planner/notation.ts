import { snake } from './words.ts';

/**
 * The short notation of the lexicon files. A column is `name[?][!][:type][=default]`, a link is
 * `[role>]target[|other][?][!]`, `>>` instead of `>` when the child is a part of the target, `<>` for many-to-many,
 * `~entity` behind it leaves it out where that entity is there. `@person`, `@event` and `@thing`
 * stand for whatever of that kind the request is about.
 */

/** Types a column may have before it becomes a PostgreSQL type. `moment` is unix seconds, `money` minor units. */
export const COLUMN_KINDS = [
  'text',
  'long',
  'integer',
  'bigint',
  'number',
  'money',
  'boolean',
  'date',
  'moment',
  'clock',
  'json',
  'enum',
] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

export interface ColumnDraft {
  readonly name: string;
  readonly kind: ColumnKind;
  /** A PostgreSQL type somebody asked for by name; wins over `kind`. */
  readonly sqlType?: string | undefined;
  readonly values?: readonly string[] | undefined;
  readonly nullable: boolean;
  readonly unique: boolean;
  readonly default?: string | number | boolean | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly sensitive?: boolean | undefined;
}

export interface LinkDraft {
  /** Name of the foreign key without `_id`; null takes the parent's own name. */
  readonly role: string | null;
  /** Entities that may be the parent, the first that is there wins. */
  readonly targets: readonly string[];
  readonly nullable: boolean;
  readonly unique: boolean;
  /** The child cannot live without its parent. */
  readonly part: boolean;
  readonly many: boolean;
  /** The link is left out where this entity is there (a secret vote knows no voter). */
  readonly unless: string | null;
}

const COLUMN =
  /^([a-z][a-z0-9_]*)(\?)?(!)?(?::([a-z0-9_| ]+?))?(?:\[(-?[\d.]+)?\.\.(-?[\d.]+)?\])?(?:=([a-z0-9_.-]+))?$/;
const LINK = /^(?:([a-z][a-z0-9_]*)?(>>?|<>))?([a-z*@][a-z0-9_|*@]*)(\?)?(!)?(?:~([a-z_]+))?$/;

/** A column in lexicon notation, with what `guess` knows about its name. Null when it cannot be read. */
export function readColumn(text: string, guess: (name: string) => ColumnDraft): ColumnDraft | null {
  const match = COLUMN.exec(text.trim());
  const name = match?.[1];
  if (!match || name === undefined) return null;
  const guessed = guess(name);
  const type = match[4]?.trim();
  const values = type?.includes('|') ? type.split('|').map(snake) : undefined;
  const kind = values ? 'enum' : COLUMN_KINDS.find((known) => known === type);
  if (type !== undefined && kind === undefined) return null;
  return {
    name,
    kind: kind ?? guessed.kind,
    values: values ?? (kind === undefined ? guessed.values : undefined),
    nullable: match[2] !== undefined,
    unique: match[3] !== undefined,
    default: readDefault(match[7]) ?? (kind === undefined && match[2] === undefined ? guessed.default : undefined),
    min: match[5] === undefined ? guessed.min : Number(match[5]),
    max: match[6] === undefined ? guessed.max : Number(match[6]),
    sensitive: guessed.sensitive,
  };
}

function readDefault(text: string | undefined): string | number | boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A link in lexicon notation; null when it cannot be read. */
export function readLink(text: string): LinkDraft | null {
  const match = LINK.exec(text.trim());
  const targets = match?.[3];
  if (!match || targets === undefined) return null;
  return {
    role: match[1] ?? null,
    targets: targets.split('|'),
    nullable: match[4] !== undefined,
    unique: match[5] !== undefined,
    part: match[2] === '>>',
    many: match[2] === '<>',
    unless: match[6] ?? null,
  };
}
