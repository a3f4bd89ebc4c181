import type { Lexicon } from './lexicon.ts';
import type { Token } from './tokens.ts';

/** A business that a request is for: "a bookshop", "our toy library". The one it is for is no row of a table. */
export interface Business {
  readonly from: number;
  readonly to: number;
  /** Words that would name it as a table: `pet_store`, `store`. */
  readonly names: readonly string[];
  /** Singular of what it deals in; null when its name does not tell. */
  readonly goods: string | null;
  /** A name of a domain for such businesses. */
  readonly like: string;
}

interface Compound extends Business {
  readonly plural: boolean;
}

/** Shorter ones are endings of other words. */
const SHORTEST_TRADE = 4;
const SHORTEST_GOODS = 3;
/** How far from the start a request still says what it is for. */
const BEGINNING = 14;

/** The businesses a request is for; those that it keeps a list of, of which somebody has many, are things. */
export function findBusinesses(tokens: readonly Token[], lexicon: Lexicon): readonly Business[] {
  const compounds = tokens.flatMap((_, at) => compoundAt(tokens, at, lexicon) ?? []);
  const many = new Set(compounds.flatMap(({ plural, names }) => (plural ? names : [])));
  return compounds.filter((one) => !one.names.some((name) => many.has(name)) && isTheSubject(one, tokens, lexicon));
}

/** "pet stores", "each flower shop", "users can open a bookshop": businesses by their whole name, as things. */
export function findManyBusinesses(tokens: readonly Token[], lexicon: Lexicon): readonly Business[] {
  return tokens.flatMap((_, at) => {
    const found = compoundAt(tokens, at, lexicon);
    return found?.like === 'shop' && isOneOfMany(found, tokens, lexicon) ? [found] : [];
  });
}

function isOneOfMany(one: Compound, tokens: readonly Token[], lexicon: Lexicon): boolean {
  const [verb, article] = [tokens[one.from - 2]?.word ?? '', tokens[one.from - 1]?.word ?? ''];
  if (one.plural || SOUGHT.test(tokens[one.to]?.word ?? '') || /^(each|every|per)$/.test(article)) return true;
  return /^an?$/.test(article) && lexicon.english.making.has(verb) && !isTheSubject(one, tokens, lexicon);
}

function compoundAt(tokens: readonly Token[], at: number, lexicon: Lexicon): Compound | null {
  const token = tokens[at];
  if (token?.kind !== 'word') return null;
  const trade = lexicon.businesses.trades[token.lemma];
  return trade
    ? (apartAt(tokens, at, trade, lexicon) ?? behindAt(tokens, at, trade, lexicon))
    : joinedAt(token, at, lexicon);
}

type Trade = Lexicon['businesses']['trades'][string];

/** "pet store", "board game library". */
function apartAt(tokens: readonly Token[], at: number, trade: Trade, lexicon: Lexicon): Compound | null {
  const [token, word] = [tokens[at], tokens[at - 1]];
  if (!token || word?.kind !== 'word' || !isInFront(word, tokens[at - 2], lexicon)) return null;
  // "users store photos"
  if (word.plural && lexicon.english.ambiguous.has(token.lemma)) return null;
  const first = tokens[at - 2];
  const pair = first?.kind === 'word' ? `${first.word}_${word.lemma}` : '';
  const { plain, other, goods } = lexicon.businesses;
  const isPair = [plain, other].some((set) => set.has(pair)) || goods[pair] !== undefined || lexicon.nouns.has(pair);
  const front = isPair ? pair : word.lemma;
  // "comic book store"
  const isLonger = isPair || (first?.kind === 'word' && !first.plural && isInFront(first, tokens[at - 3], lexicon));
  const from = isLonger ? at - 2 : at - 1;
  if (other.has(front) || (trade.of && !trade.of.has(front)) || isSomebody(front, lexicon)) return null;
  const names = [`${isPair ? pair : word.word}_${token.lemma}`, token.lemma];
  return { from, to: at + 1, names, goods: plain.has(front) ? null : front, like: trade.like, plural: token.plural };
}

/** "a store **for books**", "a shop that sells plants": what it deals in stands behind. */
function behindAt(tokens: readonly Token[], at: number, { like, of }: Trade, lexicon: Lexicon): Compound | null {
  const [token, front] = [tokens[at], tokens[at - 1]?.word ?? ''];
  const next = tokens[at + 1]?.word ?? '';
  const to =
    /^(that|which)$/.test(next) && tokens[at + 2]?.word === 'sells'
      ? at + 3
      : /^(for|selling)$/.test(next)
        ? at + 2
        : -1;
  const goods = tokens[to];
  const isOne = !token?.plural && /^(an?|the|my|our|online|little|small)$/.test(front);
  if (!token || !isOne || of || !goods?.plural || goods.kind !== 'word' || !lexicon.vocabulary.has(goods.lemma))
    return null;
  const { plain, other } = lexicon.businesses;
  const isNothing =
    other.has(goods.lemma) ||
    plain.has(goods.lemma) ||
    isSomebody(goods.lemma, lexicon) ||
    lexicon.english.filler.has(goods.lemma);
  if (isNothing) return null;
  return {
    from: at,
    to: to + 1,
    names: [`${goods.lemma}_${token.lemma}`, token.lemma],
    goods: goods.lemma,
    like,
    plural: false,
  };
}

/** "bookshop", "toystore": not "workshop". */
function joinedAt(token: Token, at: number, lexicon: Lexicon): Compound | null {
  const { trades, plain, other } = lexicon.businesses;
  if (token.lemma.length < SHORTEST_GOODS + SHORTEST_TRADE) return null;
  const isOther = lexicon.nouns.has(token.lemma) || lexicon.domainWords.has(token.lemma);
  const ending = Object.keys(trades).find((one) => one.length >= SHORTEST_TRADE && token.lemma.endsWith(one));
  const trade = ending === undefined ? undefined : trades[ending];
  if (isOther || ending === undefined || !trade) return null;
  const front = token.lemma.slice(0, -ending.length).replace(/_$/, '');
  if (front.length < SHORTEST_GOODS || other.has(front) || (trade.of && !trade.of.has(front))) return null;
  const isWord = lexicon.vocabulary.has(front) && !isSomebody(front, lexicon);
  if (!isWord) return null;
  const goods = plain.has(front) || lexicon.english.adjectives.has(front) ? null : front;
  return { from: at, to: at + 1, names: [token.lemma], goods, like: trade.like, plural: token.plural };
}

function isSomebody(name: string, { nouns }: Lexicon): boolean {
  return (nouns.get(name) ?? []).some(({ entity }) => entity.person);
}

/** A word that may be the first half of a name: "record store", not "we store". */
function isInFront(word: Token, before: Token | undefined, lexicon: Lexicon): boolean {
  const { english, attributes, nouns } = lexicon;
  const never = [
    english.determiners,
    english.quantifiers,
    english.prepositions,
    english.pronouns,
    english.auxiliaries,
    english.adverbs,
    english.adjectives,
    english.having,
  ];
  if (never.some((list) => list.has(word.word)) || word.word === 'and' || word.word === 'or') return false;
  const isVerb = [english.keeping, english.making, english.verbs].some((list) => list.has(word.word));
  if (isVerb && !(before && english.determiners.has(before.word))) return false;
  if (english.software.has(word.lemma) && word.lemma !== 'tool') return false;
  return nouns.has(word.lemma) || attributes.known(word.lemma) === null;
}

const ITS = /^(a|an|the|my|our|your|this)$/;
const RUNS = /^(run|runs|own|have|manage|operate|build|create|make|need|want|open|opened|started|got)$/;
const ASKS = /^(i|we|me|us|to|lets|please|you)$/;
const SOUGHT = /^(finder|locator|directory|guide|map|ranking)$/;
/** Behind it one of many is meant: "pet store finder", "a bookshop has many orders". */
const OF_MANY =
  /^(finder|locator|directory|guide|map|list|listing|listings|reviews|ranking|network|chain|registry|has|have|belongs|belong|can|\()$/;

/** It stands where a request says what it is for. */
function isTheSubject(one: Compound, tokens: readonly Token[], lexicon: Lexicon): boolean {
  const { english, businesses } = lexicon;
  if (one.plural) return false;
  const next = tokens[one.to];
  if (next && OF_MANY.test(next.word) && !/^(my|our)$/.test(tokens[one.from - 1]?.word ?? '')) return false;
  // "bookshop price converter" is about none.
  const isPartOfName = next?.kind === 'word' && !isKnown(next, lexicon);
  if (isPartOfName) return false;
  let at = one.from - 1;
  while (english.adjectives.has(tokens[at]?.word ?? '') || businesses.plain.has(tokens[at]?.word ?? '')) at -= 1;
  const article = tokens[at]?.word ?? '';
  if (/^(my|our)$/.test(article)) return true;
  if (ITS.test(article)) at -= 1;
  const word = tokens[at]?.word ?? '';
  if (RUNS.test(word)) return at === 0 || ASKS.test(tokens[at - 1]?.word ?? '');
  if (one.from >= BEGINNING && word !== 'for') return false;
  const isStart = at < 0 || (tokens[at]?.kind === 'mark' && !/^[,/&+|(]$/.test(word));
  return isStart || word === 'for' || word === 'of' || english.software.has(word) || english.filler.has(word);
}

/** A word that goes on with the request, or names something of the business: "bookshop api", "pet store orders". */
function isKnown(token: Token, { english, nouns }: Lexicon): boolean {
  const { software, filler, having, prepositions, pronouns, auxiliaries, keeping, determiners, adverbs } = english;
  const lists = [software, filler, having, prepositions, pronouns, auxiliaries, keeping, determiners, adverbs];
  return (
    /^(and|or|selling|that|offering)$/.test(token.word) ||
    nouns.has(token.lemma) ||
    lists.some((l) => l.has(token.word) || l.has(token.lemma))
  );
}
