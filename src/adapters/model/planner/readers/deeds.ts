import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import type { Phrase } from '../phrase.ts';
import { isStop, readPhrase, textBetween } from '../phrase.ts';
import { verbStems } from '../words.ts';

/** What is made, sent, led or held refers to who does it. */
const OWNING = new Set(
  'send place submit write upload publish offer report own sell record organise organize host lead teach deliver drive supervise propose suggest file prepare produce conduct perform present bring run create post make request manage handle give raise paint compose record issue moderate chair coach train operate captain cover group bundle'.split(
    ' ',
  ),
);
/** Both may have several of the other. */
const SHARING = new Set(
  'join use speak study attend know learn master play wear star feature involve visit practise practice'.split(' '),
);

/** "carriers deliver parcels", "participants join challenges", "an invoice covers many jobs": who does what to what. */
export function readDeeds(context: Context): readonly Fact[] {
  return context.tokens.flatMap((token, at) => {
    if (token.kind !== 'word') return [];
    const stem = verbStems(token.word).find((one) => OWNING.has(one) || SHARING.has(one));
    if (stem === undefined || /(ed|ing|wn|ven|ent)$/.test(token.word)) return [];
    const subject = doerBefore(context, at) ?? firstDoer(context, at);
    const object = subject && readPhrase(context, isJoined(context, at) ? at + 2 : at + 1);
    if (!subject || !object || object.name === subject.name || !isThing(context, object)) return [];
    const why = textBetween(context, subject.from, object.to);
    const things: readonly Fact[] = [
      ...(subject.plural || senseOf(subject.name, context) ? [entity(subject, why)] : []),
      entity(object, why),
    ];
    if (SHARING.has(stem))
      return [...things, { kind: 'many-to-many', left: subject.name, right: object.name, soft: true, why }];
    return [...things, { kind: 'link', child: object.name, parent: subject.name, soft: true, why }];
  });
}

/** "**which field got which crop**", "**who works which shift**": a row for each pair. */
export function readWhich(context: Context): readonly Fact[] {
  const { tokens, lexicon, mentions } = context;
  return tokens.flatMap((token, at) => {
    if (token.word !== 'which' && token.word !== 'who') return [];
    const left =
      token.word === 'which'
        ? readPhrase(context, at + 1)
        : mentions.filter((one) => one.to <= at && senseOf(one.name, context)?.entity.person).at(-1);
    const verb = token.word === 'which' ? (left?.to ?? at) : at + 1;
    const second = [verb + 1, verb + 2].find((i) => tokens[i]?.word === 'which');
    const right = second === undefined ? null : readPhrase(context, second + 1);
    const isKnown = verbStems(tokens[verb]?.word ?? '').some((stem) => lexicon.verbs.has(stem));
    if (!left || !right || right.name === left.name || tokens[verb]?.kind !== 'word' || isKnown) return [];
    if (lexicon.english.filler.has(right.name) || lexicon.english.filler.has(left.name)) return [];
    const why = textBetween(context, at, right.to);
    const things: readonly Fact[] = [left.name, right.name].map((name) => ({
      kind: 'entity',
      name,
      strength: STRENGTH.wanted,
      why,
    }));
    return [...things, { kind: 'many-to-many', left: left.name, right: right.name, soft: true, why } as const];
  });
}

/** "songs **each student is learning**", "the courses every student takes": what is done stands in front. */
export function readDone(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    if (token.word !== 'each' && token.word !== 'every') return [];
    const what = [3, 2, 1].map((back) => readPhrase(context, at - back)).find((phrase) => phrase?.to === at);
    const who = context.mentionAt.get(at + 1);
    if (!what?.plural || !who || who.plural || !isThing(context, what) || what.name === who.name) return [];
    const isHelped = /^(is|can|may|has|will)$/.test(tokens[who.to]?.word ?? '');
    const verb = tokens[who.to + (isHelped ? 1 : 0)]?.word ?? '';
    const isVerb = context.lexicon.english.verbs.has(verb) || context.lexicon.english.making.has(verb);
    const isShared = verbStems(verb).some((stem) => SHARING.has(stem));
    if (!isVerb && !isShared && !OWNING.has(verbStems(verb).at(-1) ?? '')) return [];
    const why = textBetween(context, what.from, who.to + 1);
    if (isShared)
      return [entity(what, why), { kind: 'many-to-many', left: who.name, right: what.name, soft: true, why } as const];
    return [entity(what, why), { kind: 'link', child: what.name, parent: who.name, soft: true, why } as const];
  });
}

/** "put books **on shelves**", "add songs **to playlists**": each of them may have several of the other. */
export function readPlacing(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    if (!/^(put|puts|add|adds|save|saves|sort|sorts|group|groups|organize|organise|collect)$/.test(token.word))
      return [];
    const what = readPhrase(context, at + 1);
    if (!what?.plural || !/^(on|in|into|to|onto)$/.test(tokens[what.to]?.word ?? '')) return [];
    const where = readPhrase(context, what.to + 1);
    if (!where?.plural || where.name === what.name || !isThing(context, what) || !isThing(context, where)) return [];
    const why = textBetween(context, at, where.to);
    return [
      entity(what, why),
      entity(where, why),
      { kind: 'many-to-many', left: where.name, right: what.name, soft: true, why } as const,
    ];
  });
}

function entity({ name }: Phrase, why: string): Fact {
  return { kind: 'entity', name, strength: STRENGTH.wanted, why };
}

/** "play **in** teams": the verb and its preposition. */
function isJoined({ tokens }: Context, at: number): boolean {
  return ['in', 'at', 'on'].includes(tokens[at + 1]?.word ?? '');
}

const HELPERS = new Set([
  'can',
  'may',
  'will',
  'must',
  'should',
  'to',
  'want',
  'wants',
  'also',
  'then',
  'and',
  'both',
  'each',
  'usually',
  'often',
  'sometimes',
]);

/** The noun in front of a verb, past what only helps it. */
function doerBefore(context: Context, verb: number): Phrase | null {
  let at = verb;
  while (at > 0 && HELPERS.has(context.tokens[at - 1]?.word ?? '')) at -= 1;
  for (const back of [3, 2, 1]) {
    const phrase = readPhrase(context, at - back);
    if (phrase?.to !== at || phrase.from < at - back) continue;
    const one = ['a', 'an', 'each', 'every', 'the', 'one'].includes(context.tokens[phrase.from - 1]?.word ?? '');
    const isDoer = phrase.plural || (one && senseOf(phrase.name, context) !== null);
    return isDoer && isThing(context, phrase) ? phrase : null;
  }
  return null;
}

/** "inspectors check plates **and write** tickets": who does the first does the second. */
function firstDoer(context: Context, verb: number): Phrase | null {
  if (context.tokens[verb - 1]?.word !== 'and') return null;
  let start = verb - 1;
  while (start > 0 && !isStop(context.tokens[start - 1]) && context.tokens[start - 1]?.word !== ',') start -= 1;
  const first = readPhrase(context, start);
  const isDoer = first?.plural && senseOf(first.name, context)?.entity.person === true;
  return isDoer && first.to < verb ? first : null;
}

/** Something worth a table. */
function isThing(context: Context, { name, plural }: Phrase): boolean {
  const { english, attributes } = context.lexicon;
  if (english.filler.has(name.split('_').at(-1) ?? '')) return false;
  if (english.filler.has(name) || english.software.has(name) || english.accounts.has(name)) return false;
  if (attributes.known(name) !== null && !plural) return false;
  return senseOf(name, context) !== null || (plural && !attributes.looksLike(name));
}
