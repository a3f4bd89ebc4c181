import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { readPhrase, textBetween } from '../phrase.ts';
import { verbStems } from '../words.ts';

/** "As a student I …": who the stories are about. */
export function readStories(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at): readonly Fact[] => {
    const next = tokens[at + 1]?.word;
    if (token.word !== 'as' || (next !== 'a' && next !== 'an' && next !== 'the')) return [];
    const phrase = readPhrase(context, at + 2);
    const after = phrase ? tokens[phrase.to]?.word : undefined;
    if (!phrase || (after !== 'i' && after !== ',' && after !== 'we')) return [];
    // "gave what as a donation, when" tells no story.
    if (after === ',' && senseOf(phrase.name, context)?.entity.person !== true && !ADMIN.test(phrase.name)) return [];
    const why = textBetween(context, at, phrase.to);
    if (ADMIN.test(phrase.name)) return [accounts(true, why), { kind: 'role', name: 'admin', why } as const];
    const who = { ...accounts(true, why), who: phrase.name };
    return [{ kind: 'entity', name: phrase.name, strength: STRENGTH.listed, why } as const, who];
  });
}

const ADMIN = /^((site|system|super)_?)?(admin|administrator)$/;

function accounts(wanted: boolean, why: string): Extract<Fact, { kind: 'accounts' }> {
  return { kind: 'accounts', wanted, why };
}

/** Words like "log in", "sign up", "customer accounts": people have accounts, and sometimes which people. */
export function readAccounts(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  const isOther = keepsAccounts(context);
  return tokens.flatMap((token, at): readonly Fact[] => {
    const isPair = lexicon.english.accounts.has(`${token.word}_${tokens[at + 1]?.word ?? ''}`);
    // "sign up for shifts" makes a place on a list, no account.
    if (/^sign_?up|^sign$/.test(token.lemma) && isForSomething(context, isPair ? at + 2 : at + 1)) return [];
    const isSaid = isPair || lexicon.english.accounts.has(token.lemma) || (token.word === 'accounts' && !isOther);
    if (isActingUser(context, at)) return [{ ...accounts(true, token.raw), who: 'user' }];
    const isHalf =
      (/^register(s|ed)?$/.test(token.word) && isAlone(context, at)) || (token.lemma === 'account' && !isOther);
    if (!isSaid && !isHalf) return [];
    if (!isSaid && token.word === 'account' && ['an', 'own', 'user', 'no'].includes(tokens[at - 1]?.word ?? ''))
      return [{ ...accounts(tokens[at - 1]?.word !== 'no', token.raw), who: personBefore(context, at)?.name }];
    const who = personBefore(context, at) ?? personBehind(context, isPair ? at + 2 : at + 1);
    const isTheirs = who !== null && (token.lemma === 'account' ? who.isBeside : who.isBefore);
    const why = isPair ? textBetween(context, at, at + 2) : token.raw;
    if (isSaid && isDenied(context, at)) return [accounts(false, why)];
    return isSaid || isTheirs ? [{ ...accounts(true, why), who: who?.name }] : [];
  });
}

/** "no registration", "without any login": said not to be there. */
function isDenied({ tokens }: Context, at: number): boolean {
  const before = [tokens[at - 1]?.word ?? '', tokens[at - 2]?.word ?? ''];
  const isPassed = /^(any|a|an|the|user|need|for|of|kind)$/.test(before[0] ?? '');
  return /^(no|without|skip|not)$/.test((isPassed ? before[1] : before[0]) ?? '');
}

function isForSomething(context: Context, at: number): boolean {
  if (!['for', 'to'].includes(context.tokens[at]?.word ?? '')) return false;
  const phrase = readPhrase(context, at + 1);
  const sense = phrase && senseOf(phrase.name, context);
  return sense !== null && !sense.entity.person && !context.lexicon.english.filler.has(phrase?.name ?? '');
}

/** "users follow each other", "each user", "per user": who uses a thing signs in. */
function isActingUser({ tokens, lexicon: { english } }: Context, at: number): boolean {
  if (tokens[at]?.lemma !== 'user') return false;
  const [before, after] = [tokens[at - 1]?.word ?? '', tokens[at + 1]?.word ?? ''];
  if (['each', 'every', 'per'].includes(before)) return true;
  const does =
    english.verbs.has(after) ||
    english.making.has(after) ||
    english.keeping.has(after) ||
    ['can', 'may', 'follow'].includes(after);
  return tokens[at]?.plural === true && does;
}

/** "customers register", not "members register their boats" or "a child registers once per camp". */
function isAlone({ tokens }: Context, at: number): boolean {
  const next = tokens[at + 1];
  return (
    next === undefined ||
    next.kind === 'mark' ||
    ['and', 'or', 'with', 'as', 'to', 'on', 'via', 'by', 'before'].includes(next.word)
  );
}

/** In a bank and in bookkeeping an account is something else. */
function keepsAccounts({ lexicon, domains }: Context): boolean {
  const homes = (lexicon.nouns.get('account') ?? []).flatMap(({ domain, entity }) =>
    entity.name === 'account' ? [domain] : [],
  );
  return domains.some(({ domain, evidence }) => evidence >= 2 && homes.includes(domain));
}

interface Near {
  readonly name: string;
  readonly isBefore: boolean;
  /** Nothing stands in between: "customer accounts". */
  readonly isBeside: boolean;
}

const FARTHEST = 8;

/** Who is spoken of before a word: "customers can log in". */
function personBefore(context: Context, at: number): Near | null {
  for (let from = at - 1; from >= Math.max(0, at - FARTHEST); from -= 1) {
    if (['.', ';', '\n', 'but'].includes(context.tokens[from]?.word ?? '')) return null;
    const mention = context.mentionAt.get(from);
    if (mention && mention.to <= at && senseOf(mention.name, context)?.entity.person)
      return { name: mention.name, isBefore: true, isBeside: mention.to === at };
  }
  return null;
}

/** "login for members", "accounts for our customers". */
function personBehind(context: Context, at: number): Near | null {
  if (!['for', 'by', 'as', 'of'].includes(context.tokens[at]?.word ?? '')) return null;
  for (let from = at + 1; from <= at + 3; from += 1) {
    const mention = context.mentionAt.get(from);
    if (mention && senseOf(mention.name, context)?.entity.person)
      return { name: mention.name, isBefore: false, isBeside: false };
  }
  return null;
}

/** "kids borrow books", "members vote once": verbs whose doing is kept. */
export function readHappenings(context: Context): readonly Fact[] {
  const { tokens, lexicon } = context;
  return tokens.flatMap((token, at) => {
    const held = heldAt(context, at);
    if (held) return [held];
    if (token.kind !== 'word' || isNounHere(context, at)) return [];
    // "rules like this" compares; "people like photos" does something.
    if (token.word === 'like' && !isDone(context, at)) return [];
    const next = tokens[at + 1]?.word ?? '';
    const stems = verbStems(token.word);
    const verb =
      stems.map((stem) => `${stem}_${next}`).find((pair) => lexicon.verbs.has(pair)) ??
      stems.find((stem) => lexicon.verbs.has(stem));
    if (verb === undefined) return [];
    const before = context.mentions.filter((mention) => mention.to <= at && mention.to >= at - 3).at(-1);
    const isLending = LENDING.test(verb) && /^(i|we|they|who|you)$/.test(tokens[at - 1]?.word ?? '');
    const subject = before && senseOf(before.name, context)?.entity.person ? before.name : isLending ? 'we' : null;
    const object = isPassive(context, at)
      ? next === 'for'
        ? undefined
        : context.mentions.filter(({ to }) => to <= at && to >= at - 4).at(-1)?.name
      : objectOf(context, verb.includes('_') ? at + 2 : at + 1);
    // "users sign up": they get an account, and nothing else is written down.
    if (object === undefined && /^(sign_?up|register)$/.test(verb)) return [];
    const why = textBetween(context, Math.max(0, at - 2), at + 2);
    return [{ kind: 'happens', verb, subject, object, why } as const];
  });
}

const LENDING = /^(lend|borrow|loan|rent|hire)(_out)?$/;

/** "who has **what** until when", "tools and who has **them**": somebody took something and has to bring it back. */
function heldAt(context: Context, at: number): Extract<Fact, { kind: 'happens' }> | null {
  const { tokens, mentions } = context;
  const [who, has, what] = [tokens[at]?.word ?? '', tokens[at + 1]?.word ?? '', tokens[at + 2]?.word ?? ''];
  if (who !== 'who' || !/^(has|have|got|holds|had)$/.test(has) || !/^(what|which|them|it|these|those)$/.test(what))
    return null;
  const object =
    what === 'which' ? readPhrase(context, at + 3)?.name : mentions.filter(({ to }) => to <= at).at(-1)?.name;
  const isThing = object !== undefined && senseOf(object, context)?.entity.person === false;
  const why = textBetween(context, at, at + 3);
  return { kind: 'happens', verb: 'borrow', subject: 'somebody', object: isThing ? object : undefined, why };
}

/** "items are handed out": what stands in front is what it is done to. */
function isPassive({ tokens }: Context, at: number): boolean {
  return ['is', 'are', 'was', 'were', 'be', 'been', 'get', 'gets'].includes(tokens[at - 1]?.word ?? '');
}

/** "borrow **books**", "vote for **candidates**", "attended which **incident**". */
function objectOf(context: Context, from: number): string | undefined {
  const start = ['for', 'on', 'in', 'to', 'at', 'which', 'what', 'of'].includes(context.tokens[from]?.word ?? '')
    ? from + 1
    : from;
  const phrase = readPhrase(context, ['which', 'what'].includes(context.tokens[start]?.word ?? '') ? start + 1 : start);
  return phrase && senseOf(phrase.name, context) ? phrase.name : undefined;
}

/** Somebody stands in front who can do it. */
function isDone(context: Context, at: number): boolean {
  const before = context.tokens[at - 1];
  const { auxiliaries, pronouns } = context.lexicon.english;
  if (!before) return false;
  const isOne =
    before.word === 'to' || before.word === 'and' || auxiliaries.has(before.word) || pronouns.has(before.word);
  return isOne || senseOf(before.lemma, context)?.entity.person === true;
}

/** "members propose books, **vote** on the next one and **rate** it": one more verb of the same people. */
function isNextDeed({ tokens, lexicon }: Context, at: number): boolean {
  const { making, verbs, keeping, prepositions, determiners } = lexicon.english;
  const [before, token, after] = [tokens[at - 1], tokens[at], tokens[at + 1]];
  const isJoined = before?.word === ',' || before?.word === 'and' || before?.word === 'or';
  if (!isJoined || !token || token.plural || !lexicon.verbs.has(token.word)) return false;
  if (!after || !(prepositions.has(after.word) || determiners.has(after.word)) || ['of', 'with'].includes(after.word))
    return false;
  for (let back = at - 2; back > Math.max(0, at - 12); back -= 1) {
    const word = tokens[back];
    if (!word || ['.', ';', '\n', ':', '('].includes(word.word)) return false;
    const isVerb =
      making.has(word.word) || verbs.has(word.word) || keeping.has(word.word) || lexicon.verbs.has(word.word);
    if (isVerb && tokens[back - 1]?.plural !== false) return true;
  }
  return false;
}

/** Tells "the order", "12 orders" from "to order", "they order": many words are both noun and verb. */
export function isNounHere(context: Context, at: number): boolean {
  const { tokens, lexicon } = context;
  const { english } = lexicon;
  const token = tokens[at];
  const before = tokens[at - 1];
  if (!token) return false;
  const isHelped =
    before !== undefined &&
    (before.word === 'to' || english.auxiliaries.has(before.word) || ['i', 'we', 'they', 'you'].includes(before.word));
  if (!english.ambiguous.has(token.lemma))
    return lexicon.nouns.has(token.lemma) && !(isHelped && !token.plural && lexicon.verbs.has(token.word));
  if (isNextDeed(context, at)) return false;
  const after = tokens[at + 1]?.word ?? '';
  const hasObject = ['them', 'it', 'a', 'an', 'the', 'my', 'their', 'his', 'her', 'our', 'each'].includes(after);
  if (hasObject && !token.plural && !english.determiners.has(before?.word ?? '')) return false;
  // "the caretaker gets it, sets a date, marks it done"
  if (token.plural && /^(it|them|a|an)$/.test(after) && [',', 'and'].includes(before?.word ?? '')) return false;
  if (token.plural && before && !before.plural && lexicon.nouns.has(before.lemma) && /^(once|twice)$/.test(after))
    return false;
  if (!before || before.kind === 'mark') return token.plural || !english.determiners.has(tokens[at + 1]?.word ?? '');
  if (before.kind === 'number' || english.determiners.has(before.word)) return true;
  if (english.quantifiers.has(before.word) || english.adjectives.has(before.word)) return true;
  if (before.word === 'to' || english.auxiliaries.has(before.word) || english.pronouns.has(before.word)) return false;
  if (before.plural && !token.plural && lexicon.nouns.has(before.lemma)) return false;
  // "the department lends costumes": one of something, a form with s, and what it is done to.
  const next = tokens[at + 1];
  const hasMany = next?.kind === 'word' && next.plural && lexicon.nouns.has(next.lemma);
  if (token.plural && !before.plural && lexicon.nouns.has(before.lemma) && hasMany) return false;
  const isDoer = senseOf(before.lemma, context)?.entity.person === true;
  return !(isDoer && token.plural && !before.plural);
}
