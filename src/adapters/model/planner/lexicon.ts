import type { Attributes } from './attributes.ts';
import type { BusinessesFile, DomainFile, EnglishFile, GlossaryFile, Tie } from './lexicon-files.ts';
import type { ColumnDraft, LinkDraft } from './notation.ts';

/** Everything the planner knows about the world, read from templates/planner and indexed for looking words up. */
export interface Lexicon {
  readonly domains: readonly Domain[];
  /** Name of an entity as a singular snake_case phrase → what it may mean. */
  readonly nouns: ReadonlyMap<string, readonly Sense[]>;
  /** Stem of a verb → what happens when somebody does it. */
  readonly verbs: ReadonlyMap<string, readonly Sense[]>;
  /** Phrase that names a domain → the domains. */
  readonly domainWords: ReadonlyMap<string, readonly Domain[]>;
  readonly attributes: Attributes;
  readonly english: EnglishFile;
  readonly glossary: GlossaryFile;
  readonly businesses: BusinessesFile;
  /** What a business deals in → columns of its own. */
  readonly goods: ReadonlyMap<string, readonly ColumnDraft[]>;
  /** What usually belongs to what in any domain. */
  readonly ties: readonly Tie[];
  readonly stores: readonly Signal[];
  readonly stateless: readonly Signal[];
  /** Single words that are spelled right, grouped by first letter. */
  readonly spelling: ReadonlyMap<string, readonly string[]>;
  /** First words of all names that have several: whatever begins with another word is looked up by itself only. */
  readonly beginnings: ReadonlySet<string>;
  /** Every word known to be English or named by the lexicon. */
  readonly vocabulary: ReadonlySet<string>;
}

export interface Domain {
  readonly name: string;
  readonly file: DomainFile;
  readonly entities: ReadonlyMap<string, Entity>;
}

/** One thing worth a table, as the lexicon describes it. */
export interface Entity {
  readonly name: string;
  readonly domain: string;
  readonly about: string;
  readonly columns: readonly ColumnDraft[];
  readonly links: readonly LinkDraft[];
  readonly unique: readonly (readonly string[])[];
  readonly checks: readonly Comparison[];
  readonly needs: readonly (readonly string[])[];
  readonly impliedBy: readonly (readonly string[])[];
  readonly person: boolean;
  readonly weak: boolean;
  readonly usual: boolean;
  readonly shown: 'everyone' | 'accounts' | undefined;
  readonly keptBy: 'owner' | 'accounts' | 'admins' | undefined;
  readonly lookup: boolean;
  readonly recorded: boolean;
}

export interface Comparison {
  readonly left: string;
  readonly operator: '<' | '<=' | '>' | '>=' | '=' | '<>';
  readonly right: string;
}

/** One meaning of a word. */
export interface Sense {
  readonly domain: Domain;
  readonly entity: Entity;
  /** The word names the entity (and may name its table); otherwise it only hints at it. */
  readonly names: boolean;
}

export interface Signal {
  readonly pattern: RegExp;
  readonly weight: number;
  readonly says: string;
}
