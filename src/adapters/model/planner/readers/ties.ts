import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { readList } from '../list.ts';
import type { Phrase } from '../phrase.ts';
import { isStop, readPhrase, textBetween } from '../phrase.ts';
import { singular, snake } from '../words.ts';
import { subjectBefore } from './having.ts';
import { readPer } from './per.ts';

const TIES = new Set([
  'for',
  'to',
  'by',
  'of',
  'from',
  'in',
  'at',
  'on',
  'per',
  'between',
  'about',
  'after',
  'before',
  'during',
]);
/** Ties that also say what is made for whom, when what follows is meant in general: "apps for dog owners". */
const NUMBERS = new Set(['each', 'every', 'per', 'a', 'an', 'one', 'the', 'their', 'its', 'two']);
/** "kinds of bread", "a number of seats": the first word only measures the second. */
const MEASURES =
  /(^|_)(type|kind|sort|number|amount|list|lot|set|pair|group|history|name|date|rate|point|way|bit|part|couple|range|percentage|percent|total|sum|place|time|end|start|top|copy|level|hour|day|week|month|year|minute|age|id|code|title|price|cost|size|color|colour|status|value|state|location|address|email|phone|url)$/;

/** "print jobs for clients", "sensors in each zone", "points per team and round": one belongs to the other. */
export function readTies(context: Context): readonly Fact[] {
  return context.tokens.flatMap((token, at) => {
    if (!TIES.has(token.word)) return [];
    const per = token.word === 'per' ? readPer(context, at, (phrase) => isThing(context, phrase)) : [];
    if (per.length > 0) return per;
    const left = thingBefore(context, at);
    const right = left && thingBehind(context, at, left);
    if (!left || !right) return [];
    const why = textBetween(context, left.from, right[right.length - 1]?.to ?? at);
    return right.flatMap((parent): readonly Fact[] => [
      ...(left.plural ? [{ kind: 'entity', name: left.name, strength: STRENGTH.wanted, why } as const] : []),
      { kind: 'entity', name: parent.name, strength: STRENGTH.wanted, why },
      ...tied(context, left.name, parent, token.word, why),
    ]);
  });
}

/** One reference; two with roles when it is "between two of them (from, to)". */
function tied(context: Context, child: string, parent: Phrase, tie: string, why: string): readonly Fact[] {
  const isPair = tie === 'between' && ['two', '2'].includes(context.tokens[parent.from - 1]?.word ?? '');
  if (!isPair) return [{ kind: 'link', child, parent: parent.name, soft: true, why }];
  const said = (parent.aside ?? '').split(',').map((role) => snake(role));
  const isSaid = said.length === 2 && said.every((role) => role !== '');
  const usual = isSaid ? [] : usualRoles(context, child, parent.name);
  const roles = (isSaid ? said : ['from', 'to']).map((role) => `${role}_${parent.name}`);
  return (usual.length === 2 ? usual : roles).map((role) => ({ kind: 'link', child, parent: parent.name, role, why }));
}

/** "messages between two users": a message is known to have a sender and a recipient. */
function usualRoles(context: Context, child: string, parent: string): readonly string[] {
  const name = senseOf(parent, context)?.entity.name ?? parent;
  const links = senseOf(child, context)?.entity.links ?? [];
  return links.flatMap(({ role, targets }) => (role && targets.includes(name) ? [role] : []));
}

function thingBefore(context: Context, at: number): Phrase | null {
  for (const back of [3, 2, 1]) {
    const phrase = readPhrase(context, at - back);
    if (phrase?.to !== at || phrase.from < at - back || !isThing(context, phrase)) continue;
    const sense = senseOf(phrase.name, context);
    const one = ['each', 'every', 'a', 'an', 'one'].includes(context.tokens[phrase.from - 1]?.word ?? '');
    const isMass = sense !== null && [',', 'and', ':', ';'].includes(context.tokens[phrase.from - 1]?.word ?? '');
    return phrase.plural || (sense !== null && one) || isMass ? phrase : null;
  }
  return null;
}

function thingBehind(context: Context, at: number, left: Phrase): readonly Phrase[] | null {
  const { items } = readList(context, at + 1);
  const tie = context.tokens[at]?.word ?? '';
  const joined = tie === 'per' ? items : items.slice(0, 1);
  const things = joined.filter((item) => isThing(context, item) && item.name !== left.name);
  if (things.length === 0 || things.length < joined.length) return null;
  const isMeant = (item: Phrase) => {
    const before = context.tokens[item.from - 1]?.word ?? '';
    if (['after', 'before', 'during'].includes(tie) && !['each', 'every', 'a', 'an'].includes(before)) return false;
    const sense = senseOf(item.name, context);
    const isSaid = tie === 'per' || ['each', 'every', 'two', 'a', 'an', 'one'].includes(before);
    if (!item.plural) return isSaid && (sense !== null || tie === 'per');
    if (['to', 'for', 'by', 'from', 'between', 'at'].includes(tie)) return sense !== null || NUMBERS.has(before);
    if (tie === 'on' && sense !== null) return true;
    return tie === 'of' && (sense !== null || context.defined.has(item.name));
  };
  return things.every(isMeant) ? things : null;
}

/** Something worth a table: no property, no word for the software, no measure of something else. */
function isThing(context: Context, phrase: Phrase): boolean {
  const { english, attributes, domainWords } = context.lexicon;
  const sense = senseOf(phrase.name, context);
  const last = context.tokens[phrase.to - 1];
  if (english.filler.has(phrase.name) || english.software.has(phrase.name) || MEASURES.test(phrase.name)) return false;
  if (english.accounts.has(phrase.name) || (domainWords.has(phrase.name) && sense === null)) return false;
  if (english.ambiguous.has(last?.lemma ?? '') && !phrase.plural) return false;
  return sense !== null || !attributes.looksLike(phrase.name);
}

const PARTICIPLE = /(ed|en|one|ade|ught|ung|own|wn|un|id|ept|elt|ost|old|eld|ent|et)$/;

/** "a repair is done by a technician", "hymns chosen by the conductor": who did it. */
export function readDoers(context: Context): readonly Fact[] {
  const { tokens } = context;
  return tokens.flatMap((token, at) => {
    if (token.word !== 'by' || !PARTICIPLE.test(tokens[at - 1]?.word ?? '')) return [];
    const doer = readPhrase(context, at + 1);
    const sense = doer && senseOf(doer.name, context);
    if (!doer || !sense?.entity.person) return [];
    const child = subjectBefore(context, at - 1);
    if (child === null || child === 'everything' || child === doer.name) return [];
    const why = textBetween(context, at - 1, doer.to);
    return [
      { kind: 'entity', name: doer.name, strength: STRENGTH.wanted, why } as const,
      { kind: 'link', child, parent: doer.name, soft: true, why } as const,
    ];
  });
}

const MUTUAL = /^(block|follow|like|invite|challenge|befriend|mute|rate|endorse|report|know|message)(e?s|ed)?$/;
const ROLES: ReadonlyMap<string, string> = new Map([
  ['report', 'manager'],
  ['answer', 'manager'],
  ['refer', 'referrer'],
  ['replace', 'replaced'],
  ['follow', 'previous'],
  ['depend', 'required'],
]);

/** "employees report to another employee", "departments can be nested", "a member can block another member". */
export function readSelf(context: Context): readonly Fact[] {
  return [...context.tokens.keys()].flatMap((at) => [...readAnother(context, at), ...readNesting(context, at)]);
}

function readAnother(context: Context, at: number): readonly Fact[] {
  const { tokens } = context;
  const word = tokens[at]?.word ?? '';
  const isOther = ['another', 'other', 'others'].includes(word);
  const isMutual = word === 'each' && tokens[at + 1]?.word === 'other';
  if (!isOther && !isMutual) return [];
  const phrase = isMutual || word === 'others' ? null : readPhrase(context, at + 1);
  let verb = at - 1;
  while (verb > 0 && ['to', 'from', 'by', 'on', 'with', 'of', 'any'].includes(tokens[verb]?.word ?? '')) verb -= 1;
  const subject = subjectBefore(context, verb);
  if (subject === null || subject === 'everything' || (!isMutual && phrase?.name !== subject)) return [];
  const why = textBetween(context, verb, phrase?.to ?? at + 2);
  const doing = tokens[verb]?.word ?? '';
  if (MUTUAL.test(doing)) return mutualFacts(singular(doing), subject, why);
  if (isMutual) return [];
  return [{ kind: 'link', child: subject, parent: subject, role: ROLES.get(singular(doing)), nullable: true, why }];
}

/** As the lexicon calls them. */
const KNOWN_ROLES: ReadonlyMap<string, readonly [string, string]> = new Map([['follow', ['follower', 'followed']]]);

/** A table of its own, with who did it and to whom. */
function mutualFacts(verb: string, subject: string, why: string): readonly Fact[] {
  const name = verb === 'befriend' || verb === 'know' ? 'friendship' : verb;
  if (name === 'message') return [{ kind: 'entity', name, strength: STRENGTH.wanted, why }];
  const roles = KNOWN_ROLES.get(name) ?? [
    `${verb.replace(/e$/, '')}${verb.endsWith('e') ? 'r' : 'er'}`.replace(/([^aeiou]e)er$/, '$1r'),
    `target_${subject}`,
  ];
  return [
    { kind: 'entity', name, strength: STRENGTH.wanted, why },
    { kind: 'link', child: name, parent: subject, role: roles[0], nullable: false, why },
    { kind: 'link', child: name, parent: subject, role: roles[1], nullable: false, why },
    { kind: 'unique', entity: name, parts: roles, why },
  ];
}

/** "folders can be nested", "categories nest", "pages inside other pages". */
function readNesting(context: Context, at: number): readonly Fact[] {
  const word = context.tokens[at]?.word ?? '';
  const isInside = /^(inside|within|under|below)$/.test(word) && context.tokens[at + 1]?.word === 'other';
  if (!/^(nest|nests|nested|nestable)$/.test(word) && !isInside) return [];
  const subject = subjectBefore(context, at) ?? nested(context, at);
  if (subject === null || subject === 'everything') return [];
  if (isInside && readPhrase(context, at + 2)?.name !== subject) return [];
  const why = textBetween(context, Math.max(0, at - 3), at + 1);
  return [
    { kind: 'entity', name: subject, strength: STRENGTH.wanted, why },
    { kind: 'link', child: subject, parent: subject, role: 'parent', nullable: true, why },
  ];
}

/** "nested categories". */
function nested(context: Context, at: number): string | null {
  const phrase = isStop(context.tokens[at + 1]) ? null : readPhrase(context, at + 1);
  return phrase?.plural ? phrase.name : null;
}
