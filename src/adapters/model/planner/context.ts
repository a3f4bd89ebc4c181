import type { Domain, Lexicon, Sense } from './lexicon.ts';
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
  readonly lexicon: Lexicon;
  readonly mentions: readonly Mention[];
  /** First token → the mention that starts there. */
  readonly mentionAt: ReadonlyMap<number, Mention>;
  /** Domains the request is about, best first. */
  readonly domains: readonly RankedDomain[];
}

export interface RankedDomain {
  readonly domain: Domain;
  readonly score: number;
  /** The request says its name. */
  readonly named: boolean;
}

const LONGEST_PHRASE = 4;

/** Reads a request once; everything later is looked up here. `known` are nouns found by other means. */
export function readContext(text: string, lexicon: Lexicon, known: readonly string[] = []): Context {
  const reading = tokenize(text, lexicon);
  const mentions = findPhrases(reading.tokens, (name) => lexicon.nouns.has(name));
  const named = findPhrases(reading.tokens, (name) => lexicon.domainWords.has(name));
  const domains = rankDomains([...mentions.map(({ name }) => name), ...known], named, lexicon);
  return { ...reading, lexicon, mentions, mentionAt: new Map(mentions.map((m) => [m.from, m])), domains };
}

/** The name that tokens `from` to `to` spell together: all but the last as written, the last singular. */
export function nameOf(tokens: readonly Token[], from: number, to: number): string {
  return tokens
    .slice(from, to)
    .map((token, i, all) => (i === all.length - 1 ? token.lemma : token.word))
    .join('_');
}

function findPhrases(tokens: readonly Token[], isKnown: (name: string) => boolean): readonly Mention[] {
  const found: Mention[] = [];
  for (let from = 0; from < tokens.length; ) {
    let to = from;
    for (let end = from; end < Math.min(from + LONGEST_PHRASE, tokens.length); end += 1) {
      if (tokens[end]?.kind === 'mark' || (end === from && tokens[end]?.kind === 'number')) break;
      if (isKnown(nameOf(tokens, from, end + 1))) to = end + 1;
    }
    const last = tokens[to - 1];
    if (to > from && last) found.push({ from, to, name: nameOf(tokens, from, to), plural: last.plural });
    from = Math.max(to, from + 1);
  }
  return found;
}

function rankDomains(nouns: readonly string[], named: readonly Mention[], lexicon: Lexicon): readonly RankedDomain[] {
  const scores = new Map<Domain, { score: number; named: boolean }>();
  const add = (domain: Domain, score: number, isName: boolean) => {
    const before = scores.get(domain);
    scores.set(domain, { score: (before?.score ?? 0) + score, named: isName || (before?.named ?? false) });
  };
  for (const name of new Set(named.map((mention) => mention.name))) {
    for (const domain of lexicon.domainWords.get(name) ?? []) add(domain, 4 + name.split('_').length, true);
  }
  for (const name of new Set(nouns)) {
    const senses = lexicon.nouns.get(name) ?? [];
    const rarity = senses.filter((sense) => !sense.domain.file.general).length;
    for (const { domain, names } of senses) {
      if (!domain.file.general && rarity > 0) add(domain, ((names ? 1 : 0.5) * 2) / (1 + rarity), false);
    }
  }
  return [...scores]
    .map(([domain, { score, named: isNamed }]) => ({ domain, score, named: isNamed }))
    .sort((a, b) => b.score - a.score || (a.domain.name < b.domain.name ? -1 : 1));
}

/** What a noun means here: the sense of the domain the request is most about. Null when the lexicon has no such noun. */
export function senseOf(name: string, context: Pick<Context, 'lexicon' | 'domains'>): Sense | null {
  return pickSense(context.lexicon.nouns.get(name) ?? [], context.domains);
}

/** Of several senses the one of the best ranked domain; general ones stand behind domains that are ranked at all. */
export function pickSense(senses: readonly Sense[], domains: readonly RankedDomain[]): Sense | null {
  const scored = senses.map((sense) => {
    const ranked = domains.find(({ domain }) => domain === sense.domain);
    const home = sense.domain.file.general ? 1.2 : 0;
    return { sense, score: (ranked?.score ?? 0) + home + (sense.names ? 0.3 : 0) + (sense.entity.weak ? -0.2 : 0) };
  });
  scored.sort((a, b) => b.score - a.score);
  return scored[0]?.sense ?? null;
}
