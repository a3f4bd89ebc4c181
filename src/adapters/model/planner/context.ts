import { type Business, findBusinesses, findManyBusinesses } from './businesses.ts';
import type { Domain, Lexicon, Sense } from './lexicon.ts';
import { withoutSilentNiches } from './niches.ts';
import type { Reading, Token } from './tokens.ts';
import { tokenize } from './tokens.ts';

/** A place of the request that the lexicon has a name for. `to` is the token after the last one. */
export interface Mention {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly plural: boolean;
}

/** A request read for the first time: tokens, known nouns, and what it is about. Readers start from here. */
export interface Context extends Reading {
  /** The request as it was typed; in `text` what was read before is blanked out. */
  readonly source: string;
  /** How many of a thing there may be, as it was said: no table can hold it. */
  readonly unheld: readonly string[];
  readonly lexicon: Lexicon;
  readonly mentions: readonly Mention[];
  /** First token → the mention that starts there. */
  readonly mentionAt: ReadonlyMap<number, Mention>;
  /** Things that were written out with their fields. */
  readonly defined: ReadonlySet<string>;
  /** Domains the request is about, best first. */
  readonly domains: readonly RankedDomain[];
  /** What the request is for: "our bookshop". */
  readonly businesses: readonly Business[];
  /** Businesses that are kept as rows: "a list of pet stores". */
  readonly manyBusinesses: readonly Business[];
}

export interface RankedDomain {
  readonly domain: Domain;
  /** Different words that speak for it; its name counts twice. */
  readonly evidence: number;
  readonly score: number;
  /** The request says its name. */
  readonly named: boolean;
  /** Its name only says for whom: "polls for our club". */
  readonly asker: boolean;
}

const LONGEST_PHRASE = 4;

/** Reads a request once; everything later is looked up here. `known` are nouns found by other means. */
export function readContext(text: string, all: Lexicon, known: readonly string[] = []): Context {
  const reading = tokenize(text, all);
  const namesIn = (words: ReadonlyMap<string, unknown>) =>
    findPhrases(reading.tokens, all, (name) => words.has(name)).map(({ name }) => name);
  const businesses = findBusinesses(reading.tokens, all);
  const lexicon = withoutSilentNiches(all, {
    nouns: [...namesIn(all.nouns), ...known],
    names: [...namesIn(all.domainWords), ...businesses.map(({ like }) => like)],
  });
  const manyBusinesses = findManyBusinesses(reading.tokens, all);
  const compounds = [...businesses, ...manyBusinesses];
  const isInside = (found: Mention) => compounds.some((one) => found.from < one.to && found.to > one.from);
  const mentions = findPhrases(reading.tokens, all, (name) => lexicon.nouns.has(name)).filter(
    (found) => !isInside(found),
  );
  const titles = titlesOf(reading.tokens, businesses, lexicon);
  const domains = rankDomains([...mentions.map(({ name }) => name), ...known], [...titles.values()], lexicon);
  return {
    ...reading,
    source: text,
    unheld: [],
    lexicon,
    mentions,
    mentionAt: new Map(mentions.map((m) => [m.from, m])),
    domains,
    defined: new Set(known),
    businesses,
    manyBusinesses,
  };
}

/** Names of domains, each once. The name of a business is one of its own kind, unless the lexicon has all of it. */
function titlesOf(
  tokens: readonly Token[],
  businesses: readonly Business[],
  lexicon: Lexicon,
): ReadonlyMap<string, Title> {
  const { trades, other } = lexicon.businesses;
  const found = findPhrases(tokens, lexicon, (name) => lexicon.domainWords.has(name)).filter((one) => {
    // "event store"
    const isOther = trades[one.name] !== undefined && other.has(tokens[one.from - 1]?.lemma ?? '');
    return !isOther && isTitle(one, tokens, lexicon);
  });
  const covers = (one: Pick<Mention, 'from' | 'to'>, { from, to }: Business) => one.from <= from && one.to >= to;
  const apart = found.filter((one) =>
    businesses.every((business) => covers(one, business) || one.to <= business.from || one.from >= business.to),
  );
  const unknown = businesses.filter((business) => !found.some((one) => covers(one, business)));
  const all = [...apart, ...unknown.map(({ like, from }) => ({ name: like, from }))];
  return new Map(all.map(({ name, from }) => [name, { name, asker: from > 2 && before(tokens, from) === 'for' }]));
}

/** A name of a domain in the request; `asker` when it only says for whom: "polls for our club". */
interface Title {
  readonly name: string;
  readonly asker: boolean;
}

/** How far from the start a word still says what the whole request is about. */
export const TITLE_LENGTH = 14;
const FIRST_WORDS = 4;

/** "school app", "a backend for our school", not "a spell belongs to a school". */
function isTitle(found: Mention, tokens: readonly Token[], { attributes, english, nouns }: Lexicon): boolean {
  // "an inventory number" is about no inventory.
  if (tokens[found.to]?.kind === 'word' && attributes.known(nameOf(tokens, found.from, found.to + 1)) !== null)
    return false;
  const software = english.software.has(tokens[found.to]?.word ?? '');
  // "posts with photos" is about posts: a word that also names a table has to stand first or beside the software.
  const ordinary = nouns.has(found.name) && found.to - found.from === 1 && found.from > FIRST_WORDS;
  if (ordinary && !software && before(tokens, found.from) !== 'for') return false;
  if (found.to - found.from > 1 || found.from < TITLE_LENGTH)
    return !['to', 'in', 'at'].includes(before(tokens, found.from));
  return software || before(tokens, found.from) === 'for';
}

/** The word before a token, past articles. */
function before(tokens: readonly Token[], at: number): string {
  const word = tokens[at - 1]?.word ?? '';
  return ['a', 'an', 'the', 'my', 'our'].includes(word) ? (tokens[at - 2]?.word ?? '') : word;
}

/** A name of several words may begin with this token. */
export function mayBegin(token: Token | undefined, { beginnings }: Pick<Lexicon, 'beginnings'>): boolean {
  const word = token?.word ?? '';
  const end = word.indexOf('_');
  return beginnings.has(end === -1 ? word : word.slice(0, end));
}

/** The name that tokens `from` to `to` spell together: all but the last as written, the last singular. */
export function nameOf(tokens: readonly Token[], from: number, to: number): string {
  const last = Math.min(to, tokens.length) - 1;
  let name = '';
  for (let at = Math.max(0, from); at <= last; at += 1) {
    const token = tokens[at];
    name += `${at > from ? '_' : ''}${at === last ? token?.lemma : token?.word}`;
  }
  return name;
}

function findPhrases(
  tokens: readonly Token[],
  lexicon: Pick<Lexicon, 'beginnings'>,
  isKnown: (name: string) => boolean,
): readonly Mention[] {
  const found: Mention[] = [];
  for (let from = 0; from < tokens.length; ) {
    let to = from;
    const longest = mayBegin(tokens[from], lexicon) ? LONGEST_PHRASE : 1;
    for (let end = from; end < Math.min(from + longest, tokens.length); end += 1) {
      if (tokens[end]?.kind === 'mark' || (end === from && tokens[end]?.kind === 'number')) break;
      if (isKnown(nameOf(tokens, from, end + 1))) to = end + 1;
    }
    const last = tokens[to - 1];
    if (to > from && last) found.push({ from, to, name: nameOf(tokens, from, to), plural: last.plural });
    from = Math.max(to, from + 1);
  }
  return found;
}

function rankDomains(nouns: readonly string[], named: readonly Title[], lexicon: Lexicon): readonly RankedDomain[] {
  const scores = new Map<Domain, Omit<RankedDomain, 'domain'>>();
  const add = (domain: Domain, score: number, isName: boolean, isAsker = true) => {
    const there = scores.get(domain) ?? { score: 0, named: false, asker: true, evidence: 0 };
    const evidence = there.evidence + (isName ? 2 : 1);
    scores.set(domain, {
      score: there.score + score,
      named: isName || there.named,
      asker: there.asker && isAsker,
      evidence,
    });
  };
  for (const { name, asker } of named) {
    const weight = (asker ? 1.5 : 4) + name.split('_').length;
    for (const domain of lexicon.domainWords.get(name) ?? []) add(domain, weight, true, asker);
  }
  for (const name of new Set(nouns)) {
    const senses = lexicon.nouns.get(name) ?? [];
    const rarity = senses.filter((sense) => !sense.domain.file.general).length;
    for (const { domain, names, entity } of senses) {
      if (!domain.file.general && rarity > 0)
        add(domain, ((entity.name === name ? 1 : names ? 0.7 : 0.4) * 2) / (1 + rarity), false);
    }
  }
  return [...scores]
    .map(([domain, facts]) => ({ domain, ...facts }))
    .sort((a, b) => b.score - a.score || (a.domain.name < b.domain.name ? -1 : 1));
}

/** What a noun means here: the sense of the domain the request is most about. Null when the lexicon has no such noun. */
export function senseOf(name: string, context: Pick<Context, 'lexicon' | 'domains'>): Sense | null {
  return pickSense(context.lexicon.nouns.get(name) ?? [], context.domains, name);
}

/**
 * The sense, if it can be trusted: several words of the request belong to its domain, or the word is the name of
 * just this thing. A lone word with meanings in several domains says too little about its columns.
 */
export function trustedSense(name: string, context: Pick<Context, 'lexicon' | 'domains'>): Sense | null {
  const sense = senseOf(name, context);
  if (!sense || sense.domain.file.general) return sense;
  const ranked = context.domains.find(({ domain }) => domain === sense.domain);
  const special = (context.lexicon.nouns.get(name) ?? []).filter(({ domain }) => !domain.file.general).length;
  const clear = (special === 1 || (sense.entity.usual && sense.entity.name === name)) && sense.names;
  if (clear || (ranked && ranked.evidence >= 2 && ranked.score * 4 >= (context.domains[0]?.score ?? 0))) return sense;
  return (context.lexicon.nouns.get(name) ?? []).find(({ domain }) => domain.file.general) ?? null;
}

/** Above what a few shared words say for a domain, below what its name or words of its own say. */
const USUAL = 1.2;

/** Of several senses the one of the best ranked domain; general ones stand behind domains that are ranked at all. */
export function pickSense(senses: readonly Sense[], domains: readonly RankedDomain[], word?: string): Sense | null {
  const scored = senses.map((sense) => {
    const ranked = domains.find(({ domain }) => domain === sense.domain);
    const usual = sense.entity.usual && sense.entity.name === word ? USUAL : 0;
    const home = sense.domain.file.general ? 1.2 : usual;
    return {
      sense,
      score: (ranked?.score ?? 0) + home + (sense.names ? 0.3 : 0) + (sense.entity.weak ? -0.2 : 0),
    };
  });
  scored.sort((a, b) => b.score - a.score);
  return scored[0]?.sense ?? null;
}
