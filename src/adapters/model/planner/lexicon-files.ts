import { z } from 'zod';
import { COLUMN_KINDS, type LinkDraft, readLink } from './notation.ts';
import { singular, snake } from './words.ts';

/** The shapes of the files under templates/planner. Whoever adds a domain adds one file of `domainFile`. */

const words = z.array(z.string().min(1)).default([]);

const entityFile = z.strictObject({
  /** What one row is, for the table's comment. */
  about: z.string().min(1),
  /** Other names people give it; the table takes the name that was used. */
  words,
  /** Other things that are kept in the same way, each in a table of its own: a `pilot` beside a `gardener`. */
  alike: words,
  /** Words that show it is meant without being a name for it. */
  hints: words,
  /** Verbs whose mention means that it happens: `borrow` for a loan. */
  verbs: words,
  /** Columns and links in the notation of `notation.ts`. */
  columns: words,
  links: words,
  /** Column or link names joined by `+`; kept when all of them are there. */
  unique: words,
  /** Comparisons of two columns: `ends_at > starts_at`. */
  checks: words,
  /** Entities it makes no sense without; alternatives joined by `|`. */
  needs: words,
  /** Sets of entities (joined by `+`) that together call for this one. */
  impliedBy: words,
  /** A human being: may have accounts, and roles may point to it. */
  person: z.boolean().default(false),
  /** Its one-word mention in passing counts for little (`place`, `state`). */
  weak: z.boolean().default(false),
  /** What its name means as long as little else speaks for another domain (`post` is what a blog has). */
  usual: z.boolean().default(false),
  /** Who sees it where people sign in: `everyone` for what is made to be seen; private where nothing is said. */
  shown: z.enum(['everyone', 'accounts']).optional(),
  /** Who keeps it: `owner` for its maker, who gets a column; `accounts` and `admins` when it belongs to nobody. */
  keptBy: z.enum(['owner', 'accounts', 'admins']).optional(),
  /** Other things are sorted by it: it is as private as they are. */
  lookup: z.boolean().default(false),
  /** A person others keep notes about, who does not sign in. */
  recorded: z.boolean().default(false),
});

export const domainFile = z.strictObject({
  /** Words and phrases that name the domain as a whole. */
  words,
  /** Tables for a request that only names the domain. */
  core: words,
  /** Its users have accounts even when nobody says so. */
  accounts: z.boolean().default(false),
  /** Those who sign in work together: what belongs to nobody is kept by all of them. */
  shared: z.boolean().default(false),
  /** Few requests are about it: heard only where one names it, or speaks of several things that only it knows. */
  niche: z.boolean().default(false),
  /** Loses against every other domain with the same word. */
  general: z.boolean().default(false),
  entities: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), entityFile),
});

export const attributesFile = z.strictObject({
  /** Column names of each kind. */
  kinds: z.partialRecord(z.enum(COLUMN_KINDS), z.array(z.string())),
  /** Last words of column names that decide the kind. */
  endings: z.partialRecord(z.enum(COLUMN_KINDS), z.array(z.string())),
  enums: z.record(z.string(), z.array(z.string()).min(1)),
  /** Spoken form → column name. */
  synonyms: z.record(z.string(), z.string()),
  /** Names that are usually not known for every row. */
  optional: z.array(z.string()),
  /** Names that identify a row by nature. */
  unique: z.array(z.string()),
  sensitive: z.array(z.string()),
  /** Groups of names that say the same: a table that has one needs none of the others. */
  same: z.array(z.array(z.string()).min(2)),
  limits: z.record(z.string(), z.tuple([z.number().nullable(), z.number().nullable()])),
});

const wordSet = z.array(z.string().min(1)).transform((list): ReadonlySet<string> => new Set(list.map(snake)));

export const englishFile = z.strictObject({
  determiners: wordSet,
  quantifiers: wordSet,
  pronouns: wordSet,
  prepositions: wordSet,
  auxiliaries: wordSet,
  /** Verbs whose object is what is stored. */
  keeping: wordSet,
  /** Verbs whose object their subject makes. */
  making: wordSet,
  having: wordSet,
  verbs: wordSet,
  adverbs: wordSet,
  adjectives: wordSet,
  /** Nouns about the software itself and other words that never name a table. */
  filler: wordSet,
  /** Words for the software, before which a noun names what it is about: `note app`. */
  software: wordSet,
  /** Frequent words that are spelled right, though the planner has no use for them. */
  common: wordSet,
  /** Nouns that are as often verbs. */
  ambiguous: wordSet,
  /** Roles a person plays towards a thing: `seller`, `author`. */
  roles: wordSet,
  /** Words that say that people have accounts. */
  accounts: wordSet,
  /** Short forms in notes: `appt` for appointment. */
  abbreviations: z
    .record(z.string(), z.string())
    .transform((record): ReadonlyMap<string, string> => new Map(Object.entries(record))),
});

const signal = z.strictObject({
  /** A regular expression over the lower-case request. */
  pattern: z.string().refine((source) => {
    try {
      return new RegExp(source, 'u') !== null;
    } catch {
      return false;
    }
  }, 'is no regular expression'),
  weight: z.number(),
  says: z.string(),
});

export const signalsFile = z.strictObject({ stores: z.array(signal), stateless: z.array(signal) });

/** Words of other languages; `particles` tell the language, `words` translate. */
export const glossaryFile = z.record(
  z.string(),
  z.strictObject({
    particles: z.array(z.string()).transform((list): ReadonlySet<string> => new Set(list)),
    words: z
      .record(z.string(), z.string())
      .transform((record): ReadonlyMap<string, string> => new Map(Object.entries(record))),
  }),
);

/** Names of businesses: "flower shop", "toy library". Singular words; phrases as they are written. */
export const businessesFile = z.strictObject({
  /** Last words of such a name; `like` is a domain's name of such a business, `of` the only things that fit. */
  trades: z.record(
    z.string(),
    z.strictObject({ like: z.string().transform((name) => singular(snake(name))), of: wordSet.optional() }),
  ),
  /** Words in front that do not say what it deals in: "corner shop". */
  plain: wordSet,
  /** Words in front that make something else of it: "data store". */
  other: wordSet,
  /** What is known about things that are sold or lent, in the notation of columns. */
  goods: z.record(z.string(), z.array(z.string())),
});

/** What usually belongs to what, whatever the request is about: `chapter|edition > novel|book`. */
export interface Tie {
  readonly children: ReadonlySet<string>;
  readonly link: LinkDraft;
}

/** The shape of `ties.json`: lines of `children > parents`, with `?` behind parents that may be missing. */
export const tiesFile = z.array(z.string()).transform((lines, { addIssue }): readonly Tie[] =>
  lines.flatMap((line) => {
    const [children = '', parents = '', ...rest] = line.split(' > ');
    const link = rest.length === 0 ? readLink(parents) : null;
    if (link && children !== '') return [{ children: new Set(children.split('|')), link }];
    addIssue({ code: 'custom', message: `cannot be read: ${line}` });
    return [];
  }),
);

export type BusinessesFile = z.output<typeof businessesFile>;
export type DomainFile = z.output<typeof domainFile>;
export type AttributesFile = z.output<typeof attributesFile>;
export type EnglishFile = z.output<typeof englishFile>;
export type GlossaryFile = z.output<typeof glossaryFile>;
