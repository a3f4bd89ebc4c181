import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { readList } from '../list.ts';
import { entityIn, isStop, readPhrase, textBetween } from '../phrase.ts';
import { verbStems } from '../words.ts';
import { isNounHere } from './people.ts';

const PERIODS = new Set(['day', 'date', 'daily']);
const LONGEST_CLAUSE = 14;

/** "a child registers once per camp", "one time per idea", "nobody can rate a recipe twice": a deed that is not repeated. */
export function readOnce(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at): readonly Fact[] => {
    const next = tokens[at + 1]?.word ?? '';
    const isTime = (token.word === 'one' || token.word === '1') && next === 'time';
    const isTwice = token.word === 'twice' && isForbidden(context, at);
    if (token.word !== 'once' && !isTime && !isTwice) return [];
    const deed = deedBefore(context, at);
    if (!deed) return [];
    const limit = isTwice ? { parts: [], to: at + 1 } : limitBehind(context, isTime ? at + 2 : at + 1);
    if (!limit) return [];
    const parts = [...new Set([...deed.parts, ...limit.parts])];
    if (parts.length === 0) return [];
    return [
      { kind: 'unique', entity: deed.verb, verb: deed.verb, parts, why: textBetween(context, deed.from, limit.to) },
    ];
  });
}

/** "cannot", "can't", "never", "nobody": what follows must not be. */
function isForbidden({ tokens }: Context, at: number): boolean {
  return tokens
    .slice(Math.max(0, at - LONGEST_CLAUSE), at)
    .some(({ word }) => /^(cant|cannot|not|never|nobody|no|mustnt|dont|doesnt|wont)$/.test(word));
}

/** "per camp and year", "a day", "for each topic". */
function limitBehind(context: Context, at: number): { readonly parts: readonly string[]; readonly to: number } | null {
  const { tokens } = context;
  const [first, second] = [tokens[at]?.word ?? '', tokens[at + 1]?.word ?? ''];
  const isEach = ['for', 'in', 'on', 'at'].includes(first) && ['each', 'every', 'any'].includes(second);
  if (first !== 'per' && !isEach && !(first === 'a' && PERIODS.has(second)) && first !== 'every') return null;
  const { items, to } = readList(context, isEach ? at + 2 : at + 1);
  const names = items.length > 0 ? items.map(({ name }) => name) : [tokens[isEach ? at + 2 : at + 1]?.lemma ?? ''];
  const parts = names.filter(Boolean).map((name) => (PERIODS.has(name) ? 'date' : (entityIn(name, context) ?? name)));
  return { parts, to };
}

interface Deed {
  readonly verb: string;
  readonly parts: readonly string[];
  readonly from: number;
}

/** The verb of the same statement whose doing is kept, with who does it and to what. */
function deedBefore(context: Context, at: number): Deed | null {
  const { tokens, lexicon } = context;
  for (let verb = at - 1; verb >= Math.max(0, at - LONGEST_CLAUSE); verb -= 1) {
    if (isStop(tokens[verb])) return null;
    if (isNounHere(context, verb)) continue;
    const word = tokens[verb]?.word ?? '';
    const stems = verbStems(word);
    const pair = stems.map((stem) => `${stem}_${tokens[verb + 1]?.word ?? ''}`).find((stem) => lexicon.verbs.has(stem));
    const found = pair ?? stems.find((stem) => lexicon.verbs.has(stem));
    if (found === undefined) continue;
    const before = context.mentions.filter(
      ({ from, to }) => to <= verb && to >= verb - 4 && !crossed(context, from, verb),
    );
    const subject = before.at(-1);
    const object = objectOf(context, verb + (pair === undefined ? 1 : 2), at);
    const parts = [subject?.name, object].filter((one) => one !== undefined);
    return { verb: found, parts, from: subject?.from ?? verb };
  }
  return null;
}

function crossed({ tokens }: Context, from: number, to: number): boolean {
  return tokens.slice(from, to).some((token) => isStop(token));
}

function objectOf(context: Context, from: number, end: number): string | undefined {
  const start = ['for', 'on', 'in', 'to', 'at'].includes(context.tokens[from]?.word ?? '') ? from + 1 : from;
  const phrase = readPhrase(context, start);
  return phrase && phrase.to <= end && senseOf(phrase.name, context) ? phrase.name : undefined;
}
