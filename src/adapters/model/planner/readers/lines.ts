import type { Context } from '../context.ts';
import { nameOf, senseOf, TITLE_LENGTH } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { readField, splitFields } from '../field.ts';
import { asideFacts, columnFact, itemFacts } from '../items.ts';
import { readList } from '../list.ts';
import type { Phrase } from '../phrase.ts';
import { isStop, readPhrase, textBetween } from '../phrase.ts';
import { singular } from '../words.ts';
import { fieldFacts } from './definitions.ts';

interface Line {
  readonly from: number;
  readonly to: number;
  readonly bullet: boolean;
}

const BULLETS = new Set(['-', '*', '•', '–', '—', '+', '·']);

/** Lines and sentences of the request without their bullets. */
function linesOf(context: Context): readonly Line[] {
  const lines: Line[] = [];
  let start = 0;
  const { tokens } = context;
  for (let at = 0; at <= tokens.length; at += 1) {
    const numbering = at === start + 1 && tokens[start]?.kind === 'number';
    if (at < tokens.length && tokens[at]?.word !== '\n' && (tokens[at]?.word !== '.' || numbering)) continue;
    let from = start;
    let bullet = false;
    const first = tokens[from];
    if (first?.kind === 'mark' && BULLETS.has(first.word)) {
      bullet = true;
      from += 1;
    } else if (first?.kind === 'number' && ['.', ')'].includes(tokens[from + 1]?.word ?? '')) {
      bullet = true;
      from += 2;
    }
    if (at > from) lines.push({ from, to: at, bullet });
    start = at + 1;
  }
  return lines;
}

/** "- Employee: first name, hired on", "Entities: book, author", "menu categories > dishes" at the start of a line. */
export function readLines(context: Context): readonly Fact[] {
  return linesOf(context).flatMap((line) => [...headFacts(context, line), ...bulletFacts(context, line)]);
}

function headFacts(context: Context, line: Line): readonly Fact[] {
  const { tokens, lexicon } = context;
  const phrase = readPhrase(context, line.from) ?? loneWord(context, line.from);
  if (!phrase) return [];
  const colon = tokens[phrase.to]?.word === ')' ? phrase.to + 1 : phrase.to;
  if (tokens[colon]?.word !== ':' || phrase.from > line.from + 1) return listedHead(context, line);
  const why = textBetween(context, line.from, line.to);
  const head = singular(phrase.name);
  const { items } = readList(context, colon + 1);
  const fields = items.filter(({ name, plural }) => lexicon.attributes.looksLike(name) && !plural).length;
  if (ENTITY_WORDS.has(head) && (fields * 2 <= items.length || items.length < 2))
    return items.map((item) => wanted(item.name, STRENGTH.defined, why));
  const isEntity =
    senseOf(head, context) !== null ||
    (items.length > 1 && fields * 2 > items.length) ||
    (/^\p{Lu}/u.test(tokens[phrase.from]?.raw ?? '') && phrase.to - phrase.from === 1 && items.length > 0);
  if (
    isTitle(context, phrase, items) ||
    isDomainHead(context, head, items) ||
    !(isEntity || line.bullet) ||
    lexicon.english.filler.has(head)
  ) {
    return items.flatMap((item) => listedFacts(item, context, why));
  }
  const inside = textBetween(context, colon + 1, endOfSentence(context, colon + 1, line.to));
  return [
    { kind: 'entity', name: head, strength: STRENGTH.defined, why },
    ...(items.length > 1 && items.every((item) => !item.plural || !senseOf(item.name, context))
      ? [{ kind: 'closed', entity: head, why } as const]
      : []),
    ...splitFields(inside).flatMap((text) => {
      const item = items.find(
        ({ from, to }) => textBetween(context, from, to) !== '' && text.includes(textBetween(context, from, to)),
      );
      if (item?.plural && senseOf(item.name, context)) return itemFacts(head, item, context, why);
      const field = text.split(/\s+/).length <= 6 ? readField(text, lexicon) : null;
      return field ? fieldFacts(head, field, why) : [];
    }),
  ];
}

/** "Runs: distance, time": what a colon stands behind is a thing, though it may be a verb elsewhere. */
function loneWord({ tokens, lexicon }: Context, at: number): Phrase | null {
  const token = tokens[at];
  if (token?.kind !== 'word' || tokens[at + 1]?.word !== ':' || !token.plural) return null;
  if (!lexicon.nouns.has(token.lemma) && !lexicon.english.verbs.has(token.word)) return null;
  const shape = { optional: false, unique: false, choice: false, aside: null, tail: [] };
  return { ...shape, from: at, to: at + 1, name: token.lemma, plural: true };
}

/** "Volunteer fire brigade: firefighters, incidents": what it is about, then its things. */
function isTitle(context: Context, head: Phrase, items: readonly Phrase[]): boolean {
  const { attributes } = context.lexicon;
  const things = items.filter((item) => item.plural && !attributes.looksLike(item.name)).length;
  return !head.plural && senseOf(singular(head.name), context) === null && things > 0 && things * 2 >= items.length;
}

function isDomainHead(context: Context, head: string, items: readonly Phrase[]): boolean {
  // "Leave request: from, to" is a thing, though a request alone is none.
  if (head.includes('_') && context.lexicon.nouns.has(head))
    return context.lexicon.domainWords.has(head) && items.some(({ plural }) => plural);
  const last = head.split('_').at(-1) ?? head;
  return (
    context.lexicon.domainWords.has(head) ||
    context.lexicon.english.software.has(last) ||
    context.lexicon.english.filler.has(last)
  );
}

/** "Entities for my club: member, fee": everything after the colon is a thing of its own. */
function listedHead(context: Context, line: Line): readonly Fact[] {
  const { tokens } = context;
  for (let at = line.from; at < line.to; at += 1) {
    if (tokens[at]?.word !== ':') continue;
    const before = tokens.slice(line.from, at);
    if (
      !before.some(
        ({ word, lemma }) =>
          ENTITY_WORDS.has(lemma) ||
          context.lexicon.domainWords.has(lemma) ||
          context.lexicon.english.software.has(word),
      )
    )
      return [];
    const { items, to } = readList(context, at + 1);
    const why = textBetween(context, line.from, to);
    const listing = before.some(({ lemma }) => ENTITY_WORDS.has(lemma));
    return items.flatMap((item) =>
      listing ? [wanted(item.name, STRENGTH.defined, why)] : listedFacts(item, context, why),
    );
  }
  return [];
}

const ENTITY_WORDS = new Set(['entity', 'model', 'table', 'object', 'resource', 'collection', 'type']);

function wanted(name: string, strength: number, why: string): Fact {
  return { kind: 'entity', name, strength, why };
}

function listedFacts(item: Phrase, context: Context, why: string): readonly Fact[] {
  const { attributes, english } = context.lexicon;
  const { name, plural } = item;
  if (english.filler.has(name) || english.accounts.has(name)) return [];
  const isThing = senseOf(name, context) !== null || (plural && !attributes.looksLike(name));
  return isThing ? [wanted(name, STRENGTH.listed, why), ...asideFacts(item, context, why)] : [];
}

function endOfSentence(context: Context, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    if (context.tokens[at]?.word === '.' && at > from) return at;
  }
  return to;
}

/** A bullet that is only a noun, or a sentence that is only a list: "books, authors and shelves". */
function bulletFacts(context: Context, line: Line): readonly Fact[] {
  const { tokens } = context;
  const { items, to } = readList(context, line.from);
  if (!line.bullet && (items.length < 2 || !(isStop(tokens[to]) || to === line.to))) return [];
  if (
    (line.bullet && to < line.to) ||
    items.length === 0 ||
    items.some((item, i) => item.tail.length > 0 && (i > 0 || items.length < 3 || !line.bullet))
  )
    return [];
  const why = textBetween(context, line.from, line.to);
  const [first, ...others] = items;
  if (
    line.bullet &&
    first &&
    isOwner(context, first) &&
    others.length > 0 &&
    others.every((item) => isProperty(context, item))
  )
    return [
      wanted(first.name, STRENGTH.listed, why),
      ...others.map((item) => columnFact(first.name, item, context, why)),
    ];
  const main = line.from > 0 && items.every((item) => isKnownOf(context, item)) ? aboutOf(context, line.from) : null;
  if (main !== null && items.length > 2)
    return [wanted(main, STRENGTH.listed, why), ...items.map((item) => columnFact(main, item, context, why))];
  const facts: Fact[] = items.flatMap((item) => listedFacts(item, context, why));
  if (items.length === 1 && items[0] && !senseOf(items[0].name, context)) {
    const name = nameOf(tokens, items[0].from, items[0].to);
    if (!context.lexicon.attributes.looksLike(name) && !context.lexicon.english.filler.has(name)) {
      facts.push(wanted(name, STRENGTH.listed, why));
    }
  }
  return facts;
}

/** Something known about one thing, not a thing itself; numbers and unheard of words in the singular are. */
function isKnownOf(context: Context, item: Phrase): boolean {
  const { attributes, nouns } = context.lexicon;
  return item.choice || attributes.looksLike(item.name) || (!item.plural && !nouns.has(item.name));
}

/** "Blood pressure diary. Systolic, diastolic": the thing that the title in front is about. */
function aboutOf(context: Context, to: number): string | null {
  const { tokens, lexicon } = context;
  const at = tokens.findIndex(({ word }, i) => i < to && i < TITLE_LENGTH && lexicon.english.software.has(word));
  const plurals = context.mentions.filter((mention) => mention.to <= to && mention.plural);
  if (plurals.length === 1 && plurals[0] && at === -1) return plurals[0].name;
  if (at === -1 || plurals.length > 1) return plurals.length === 0 && to <= TITLE_LENGTH ? lastOf(context, to) : null;
  const phrase = [3, 2, 1].map((back) => readPhrase(context, Math.max(0, at - back))).find((one) => one?.to === at);
  const name =
    phrase?.name
      .split('_')
      .filter((word) => !lexicon.english.adjectives.has(word))
      .join('_') ?? '';
  if (name === '' || lexicon.english.filler.has(name)) return 'entry';
  return lexicon.nouns.has(name) ? name : `${name}_entry`;
}

/** "Plant watering.": its last noun. */
function lastOf(context: Context, to: number): string | null {
  const last = context.mentions.filter((mention) => mention.to <= to).at(-1);
  return last && !context.lexicon.english.filler.has(last.name) ? last.name : null;
}

/** "- menu items, price, available yes/no": a thing, and what is known about each. */
function isOwner(context: Context, { name, plural }: Phrase): boolean {
  const { attributes, english } = context.lexicon;
  const isThing = senseOf(name, context) !== null || plural;
  return isThing && !english.filler.has(name) && (plural || attributes.known(name) === null);
}

function isProperty(context: Context, item: Phrase): boolean {
  return !item.plural && (item.choice || context.lexicon.attributes.looksLike(item.name));
}
