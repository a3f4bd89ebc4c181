import type { Context, Mention } from '../context.ts';
import { senseOf, TITLE_LENGTH } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { columnFact, isLimited, itemFacts } from '../items.ts';
import { readList } from '../list.ts';
import type { Phrase } from '../phrase.ts';
import { isDone, isStop, readPhrase, textBetween } from '../phrase.ts';
import { isNounHere } from './people.ts';

/** "X has many Y", "a task has a title and an assignee", "each recipe with its steps", "a train made of wagons". */
export function readHaving(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  return tokens.flatMap((token, at) => {
    const gets =
      /^(get|gets|receive|receives)$/.test(token.word) && ['a', 'an', 'one'].includes(tokens[at + 1]?.word ?? '');
    if (token.kind !== 'word' || !(lexicon.english.having.has(token.word) || gets)) return [];
    // "its own workspace"
    if (token.word === 'own' && lexicon.english.determiners.has(tokens[at - 1]?.word ?? '')) return [];
    const start = tokens[at + 1]?.word === 'of' ? at + 2 : at + 1;
    const { items, to } = ownList(context, at, readList(context, start));
    if (items.length === 0) return [];
    const why = textBetween(context, Math.max(0, at - 3), to);
    const subject = subjectBefore(context, at);
    if (subject === 'everything') return items.flatMap((item) => topFacts(item, context, why));
    if (subject === null || /_ones?$/.test(subject)) return [];
    const many = token.word === 'has' || token.word === 'have';
    return [
      { kind: 'entity', name: subject, strength: STRENGTH.wanted, why } as const,
      ...items.flatMap((item, i) => {
        if (token.word === 'with' && i > 0 && isOuter(context, at, item)) return topFacts(item, context, why);
        if (many && hasManyToo(context, subject, item))
          return [{ kind: 'many-to-many', left: subject, right: item.name, why } as const];
        if (many && sharesMany(context, subject, item))
          return [
            { kind: 'many-to-many', left: subject, right: item.name, why } as const,
            ...itemFacts(subject, item, context, why).filter(({ kind }) => kind === 'entity'),
          ];
        const facts = hardened(itemFacts(subject, item, context, why), many && saysMany(context, item));
        return gets ? facts.map((fact) => received(fact, subject)) : facts;
      }),
    ];
  });
}

/** "a book has many authors and **an author many books**": the verb is said once, and meant of both. */
function hasManyToo(context: Context, subject: string, item: Phrase): boolean {
  const isMany = /^(many|several|multiple)$/.test(context.tokens[item.to]?.word ?? '');
  return isMany && !item.plural && readPhrase(context, item.to)?.name === subject;
}

/** "a customer **gets** an invoice": it belongs to who gets it. */
function received(fact: Fact, subject: string): Fact {
  return fact.kind === 'link' && fact.child === subject && fact.role === undefined
    ? { ...fact, child: fact.parent, parent: subject }
    : fact;
}

/**
 * "teams, questions with an answer, rounds and players": what stands in the plural behind a comma belongs to the list
 * around, when the thing with properties is itself an item of one.
 */
function isOuter(context: Context, having: number, item: Phrase): boolean {
  const { tokens, lexicon } = context;
  const subject = context.mentions.filter(({ to }) => to <= having).at(-1);
  const start = subject && subject.to === having ? subject.from : having - 1;
  const before = tokens[start - 1]?.word ?? '';
  const isListed =
    [',', ':', 'and'].includes(before) && tokens.slice(0, start).some(({ word }) => word === ',' || word === ':');
  const isNext = item.plural && tokens[item.from - 1]?.word === ',' && tokens[item.from - 2]?.word !== ')';
  return isListed && isNext && !lexicon.attributes.looksLike(item.name);
}

const GROUPS =
  /(^|_)(team|club|company|department|family|household|group|class|school|band|crew|office|agency|squad|league|organi[sz]ation|workspace|choir|orchestra|union|society|association|troop|board|committee|department|course|project)$/;

/** "each story has one or more reporters": people are no part of a thing, several of them share several. */
function sharesMany(context: Context, subject: string, item: Phrase): boolean {
  const before = context.tokens.slice(Math.max(0, item.from - 3), item.from).map(({ word }) => word);
  const isMany = before.some((word) => /^(more|many|several|multiple)$/.test(word));
  const isPerson = senseOf(item.name, context)?.entity.person === true;
  const owner = senseOf(subject, context)?.entity;
  return item.plural && isMany && isPerson && owner?.person !== true && !GROUPS.test(subject);
}

/** "a, b with c and d, e": after "and" comes the last one; what follows goes on with the list the subject stands in. */
function ownList({ tokens }: Context, having: number, list: ReturnType<typeof readList>): ReturnType<typeof readList> {
  const before = tokens.slice(Math.max(0, having - LONGEST_SUBJECT), having);
  if (!before.some(({ word }) => word === ',' || word === ':')) return list;
  const { items } = list;
  const end = items.findIndex((item, at) => {
    const last = items[at - 1];
    return last !== undefined && tokens[last.from - 1]?.word === 'and' && tokens[item.from - 1]?.word === ',';
  });
  const next = items[end];
  return next ? { items: items.slice(0, end), to: next.from - 1 } : list;
}

const LONGEST_SUBJECT = 5;

/** "has many", "have several": the direction is said, no longer a guess. */
function saysMany(context: Context, item: Phrase): boolean {
  return ['many', 'several', 'multiple', 'exactly', 'one'].includes(context.tokens[item.from - 1]?.word ?? '');
}

function hardened(facts: readonly Fact[], said: boolean): readonly Fact[] {
  return said ? facts.map((fact) => (fact.kind === 'link' ? { ...fact, soft: undefined } : fact)) : facts;
}

/** Items of the request as a whole: "a shop with products and orders", "a to-do app with due dates". */
function topFacts(item: Phrase, context: Context, why: string): readonly Fact[] {
  const main = mainEntity(context);
  const { attributes, english, nouns } = context.lexicon;
  if (english.filler.has(item.name) || english.accounts.has(item.name)) return [];
  if (isLimited(item)) return main ? [columnFact(main, item, context, why)] : [];
  const isThing = nouns.has(item.name);
  if (!isThing && context.lexicon.domainWords.has(item.name)) return [];
  if (isThing ? !item.plural && attributes.known(item.name) !== null : attributes.looksLike(item.name)) {
    return main ? [columnFact(main, { ...item, plural: false }, context, why)] : [];
  }
  return [{ kind: 'entity', name: item.name, strength: STRENGTH.listed, why }];
}

/** What the request is mostly about: the first core entity of the domain it names. */
function mainEntity(context: Context): string | null {
  const named = context.domains.find(({ named }) => named);
  return named?.domain.file.core[0] ?? null;
}

/** Index of the parenthesis that the one at `close` ends. */
function opening(tokens: Context['tokens'], close: number): number {
  let at = close;
  while (at > 0 && tokens[at]?.word !== '(') at -= 1;
  return at;
}

/**
 * The subject of a verb: the noun phrase before it, or the last noun when a pronoun stands there. `everything` when
 * it is the software itself ("an app with …"), null when nothing can be found.
 */
export function subjectBefore(context: Context, verb: number): string | 'everything' | null {
  const { tokens, lexicon } = context;
  const { english } = lexicon;
  let at = verb - 1;
  while (
    at >= 0 &&
    (english.adverbs.has(tokens[at]?.word ?? '') ||
      english.auxiliaries.has(tokens[at]?.word ?? '') ||
      isDone(context, at))
  )
    at -= 1;
  const word = tokens[at];
  if (!word) return null;
  if (word.kind === 'mark' && !['(', ',', ')'].includes(word.word)) return null;
  if (word.word === 'and' && tokens[verb]?.word !== 'with') return firstOfSentence(context, at);
  const pronoun = word.kind === 'mark' || english.pronouns.has(word.word) || english.determiners.has(word.word);
  if (pronoun && word.word === ',') return null;
  const limit = word.word === ')' ? opening(tokens, at) : at + 1;
  const before = context.mentions.filter(
    ({ from, to, name }) => to <= limit && (!english.ambiguous.has(name) || isNounHere(context, from)),
  );
  const last = before.at(-1);
  // "slots per player, each with a version": of the many, not of the one they belong to.
  if (word.word === 'each' && tokens[at - 1]?.word === ',') {
    const many = before.filter(({ plural }) => plural).at(-1);
    if (many) return many.name;
  }
  if (pronoun) return ['i', 'we', 'you', 'us', 'me'].includes(word.word) ? null : (last?.name ?? null);
  const direct = last && last.to === at + 1 ? last : null;
  const isSoftware = english.software.has(word.word) || lexicon.domainWords.has(word.lemma);
  // "organisers create events with a capacity": what is made has it.
  const isMade = direct?.plural === true && english.making.has(tokens[direct.from - 1]?.word ?? '');
  if (isSoftware && (!direct || (tokens[verb]?.word === 'with' && verb < TITLE_LENGTH && !isMade))) return 'everything';
  const whole = direct && tokens[verb]?.word === 'with' ? wholeBefore(context, direct, verb) : null;
  if (whole !== null) return whole;
  if (direct) return english.ambiguous.has(direct.name) && !isNounHere(context, direct.from) ? null : direct.name;
  for (let from = Math.max(0, at - 3); from <= at; from += 1) {
    const phrase = isBegun(context, from) ? null : readPhrase(context, from);
    if (phrase && phrase.to === at + 1) return english.filler.has(phrase.name) ? 'everything' : phrase.name;
  }
  return null;
}

/** "an employee belongs to a department **and has** a manager": one subject, two verbs. */
function firstOfSentence({ tokens, mentions }: Context, at: number): string | null {
  let start = at;
  while (start > 0 && !isStop(tokens[start - 1])) start -= 1;
  const first = mentions.find(({ from, to }) => from >= start && to <= at);
  const isBegin = first !== undefined && first.from <= start + 2;
  return isBegin ? first.name : null;
}

/** "can **create** challenges": the verb in front is no part of the name. */
function isBegun({ tokens, lexicon: { english } }: Context, from: number): boolean {
  const [before, word] = [tokens[from - 1]?.word ?? '', tokens[from]?.word ?? ''];
  return (
    (english.auxiliaries.has(before) || before === 'to') && (english.making.has(word) || english.keeping.has(word))
  );
}

/**
 * "**inspections** of an apiary with findings", "**orders** by customers with a date", "**players** who belong to a team with
 * a number": what is described is the first of the two.
 */
function wholeBefore(context: Context, direct: Mention, verb: number): string | null {
  const { tokens, mentions } = context;
  const article = tokens[direct.from - 1]?.word ?? '';
  const isOne = ['a', 'an', 'each', 'every', 'the', 'per'].includes(article);
  const at = isOne && article !== 'per' ? direct.from - 2 : direct.from - 1;
  const who = [1, 2, 3, 4].find((back) => /^(who|that|which)$/.test(tokens[at - back]?.word ?? ''));
  if (isOne && who !== undefined) return mentions.find(({ to, plural }) => to === at - who && plural)?.name ?? null;
  if (!['of', 'for', 'on', 'by', 'from', 'per'].includes(tokens[at]?.word ?? '')) return null;
  const first = mentions.find(({ to, plural }) => (to === at || (to === at - 1 && isDone(context, to))) && plural);
  if (isOne || !first) return isOne ? (first?.name ?? null) : null;
  const [whole, part] = [senseOf(first.name, context)?.entity, senseOf(direct.name, context)?.entity];
  return part?.person && !whole?.person && !saysWho(context, verb) ? first.name : null;
}

/** What is known about people: a name, a way to reach them. */
function saysWho(context: Context, verb: number): boolean {
  return readList(context, verb + 1).items.some(({ name }) => PERSONAL.test(name));
}

const PERSONAL =
  /(^|_)(name|email|phone|address|birthday|age|birth_date|date_of_birth|gender|password|rating|skill|role)$/;
