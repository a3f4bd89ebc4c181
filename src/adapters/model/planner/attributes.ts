import type { AttributesFile } from './lexicon-files.ts';
import type { ColumnDraft, ColumnKind } from './notation.ts';
import { COLUMN_KINDS } from './notation.ts';
import { singular, snake } from './words.ts';

/** What names of columns tell about their type, limits and nullability. */
export interface Attributes {
  /** The column name a spoken form stands for (`e-mail` → `email`); null when the lexicon does not know it. */
  known(phrase: string): string | null;
  /** Known, or ending in a word that decides the kind (`battery level`, `monthly gross`). */
  looksLike(phrase: string): boolean;
  /** A column of this name with everything that can be told from the name. Never fails: in doubt it is a text. */
  guess(name: string): ColumnDraft;
  /** Two names for one thing: a row with a `title` needs no `name`. */
  same(one: string, other: string): boolean;
  /** Words it knows, for repairing typing errors. */
  readonly words: readonly string[];
}

/** The same names are asked for by every reader; bounded, because requests may hold any words. */
const REMEMBERED = 20_000;
const LONGEST_REMEMBERED = 60;

/** Makes the reader of column names out of the attributes file. */
export function attributes(file: AttributesFile): Attributes {
  const kinds = new Map<string, ColumnKind>();
  const endings = new Map<string, ColumnKind>();
  for (const kind of COLUMN_KINDS) {
    for (const name of file.kinds[kind] ?? []) kinds.set(snake(name), kind);
    for (const ending of file.endings[kind] ?? []) endings.set(ending, kind);
  }
  const synonyms = new Map(Object.entries(file.synonyms).map(([from, to]) => [snake(from), to]));
  const enums = new Map(Object.entries(file.enums));
  const limits = new Map(Object.entries(file.limits));
  const [optional, unique, sensitive] = [new Set(file.optional), new Set(file.unique), new Set(file.sensitive)];

  const remembered = new Map<string, string | null>();
  const known = (phrase: string): string | null => {
    const before = remembered.get(phrase);
    if (before !== undefined) return before;
    const found = nameFor(phrase);
    if (remembered.size < REMEMBERED && phrase.length < LONGEST_REMEMBERED) remembered.set(phrase, found);
    return found;
  };
  const nameFor = (phrase: string): string | null => {
    const name = snake(phrase);
    for (const form of [name, singular(name)]) {
      const synonym = synonyms.get(form);
      if (synonym !== undefined) return synonym;
      if (kinds.has(form)) return form;
    }
    return null;
  };
  const kindOf = (name: string): ColumnKind | undefined => {
    const exact = kinds.get(name);
    if (exact !== undefined) return exact;
    if (/^(is|has|was|can|allow|allows)_[a-z]/.test(name)) return 'boolean';
    if (/^(number_of|count_of|num|max|min|maximum|minimum)_/.test(name)) return 'integer';
    if (/^(percent|percentage|share_of)_/.test(name)) return 'number';
    if (/^(date|day)_(of|first|last)?/.test(name)) return 'date';
    return (
      endings.get(singular(name.slice(name.lastIndexOf('_') + 1))) ?? endings.get(name.slice(name.lastIndexOf('_') + 1))
    );
  };
  const guess = (name: string): ColumnDraft => {
    const kind = kindOf(name) ?? 'text';
    const last = name.slice(name.lastIndexOf('_') + 1);
    const values = kind === 'enum' ? (enums.get(name) ?? enums.get(last)) : undefined;
    const limit = limits.get(name) ?? limits.get(last);
    return {
      name,
      kind: kind === 'enum' && !values ? 'text' : kind,
      values,
      nullable: optional.has(name) || optional.has(last),
      unique: unique.has(name),
      default: kind === 'boolean' ? false : values?.[0],
      min: limit?.[0] ?? (kind === 'money' ? 0 : undefined),
      max: limit?.[1] ?? undefined,
      sensitive: sensitive.has(name),
    };
  };
  return {
    known,
    looksLike: (phrase) => known(phrase) !== null || kindOf(snake(phrase)) !== undefined,
    guess,
    same: (one, other) => one === other || file.same.some((group) => group.includes(one) && group.includes(other)),
    words: [...new Set([...kinds.keys(), ...synonyms.keys(), ...endings.keys()])],
  };
}
