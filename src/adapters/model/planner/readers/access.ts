import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { readPhrase, textBetween } from '../phrase.ts';
import { readAdmins } from './administrators.ts';
import {
  type AccessFact,
  access,
  CHANGES,
  type Clause,
  clausesOf,
  EVERYONE,
  KEEPS,
  objects,
  SEES,
  SIGNED,
  subjects,
  wanted,
  words,
} from './clauses.ts';

const OTHERS_SAY = new Set(['their', 'his', 'her', 'its', 'my', 'your', 'our', 'ones', 'his_or_her']);

/** Who may see and change what: "everyone can read", "private notes", "each user sees their own …", "admins manage …". */
export function readAccess(context: Context): readonly Fact[] {
  return clausesOf(context).flatMap((clause) => [
    ...readOwn(context, clause),
    ...readKinds(context, clause),
    ...readReaders(context, clause),
    ...readAdmins(context, clause),
  ]);
}

/** "users only see their own orders", "each member has their own lists". */
function readOwn(context: Context, clause: Clause): readonly Fact[] {
  const all = words(context, clause);
  const at = all.findIndex((word, i) => word === 'own' && OTHERS_SAY.has(all[i - 1] ?? ''));
  const alone = all.findIndex(
    (word, i) => OTHERS_SAY.has(word) && all.slice(0, i).includes('only') && SEES.test(all[i - 1] ?? ''),
  );
  const place = at === -1 ? alone : at;
  if (place === -1) return [];
  const before = all.slice(0, place);
  const doing = before.findLast((word) => SEES.test(word) || CHANGES.test(word) || KEEPS.test(word)) ?? '';
  const ofPeople = isAboutPeople(context, clause, clause.from + place);
  if (!ofPeople) return [];
  const why = textBetween(context, clause.from, clause.to);
  const sees = SEES.test(doing);
  const said: Pick<AccessFact, 'read' | 'write'> =
    CHANGES.test(doing) && !before.some((word) => SEES.test(word))
      ? { write: 'owner' }
      : { read: sees || !KEEPS.test(doing) ? 'owner' : undefined, write: 'owner' };
  const things = objects(context, clause.from + place + 1, clause);
  return [wanted(why), ...things.map((entity) => access(entity, said, why))];
}

/** Users, members, "everyone": not "companies have their own logos". */
function isAboutPeople(context: Context, clause: Clause, to: number): boolean {
  return context.tokens.slice(clause.from, to).some(({ word, lemma }) => {
    const isPerson = senseOf(lemma, context)?.entity.person === true || context.lexicon.english.roles.has(lemma);
    return (
      isPerson ||
      /^(user|everyone|everybody|person|people|they|kid|somebody|someone|one)$/.test(lemma) ||
      EVERYONE.test(word)
    );
  });
}

/** "private notes", "posts are public": not "public or private", which is a state of a row. */
function readKinds(context: Context, clause: Clause): readonly Fact[] {
  const { tokens } = context;
  const { nouns } = context.lexicon;
  const all = words(context, clause);
  return all.flatMap((word, i): readonly Fact[] => {
    const at = clause.from + i;
    const isKind = /^(public|private|publicly|confidential)$/.test(word);
    // "private messages": a kind of thing with a name of its own.
    const isName = context.mentions.some(({ from, to, name }) => from === at && to > from + 1 && nouns.has(name));
    const either = [all[i - 1], all[i + 1]].some((near) => ['or', '/', '|', 'vs'].includes(near ?? ''));
    const isState = all
      .slice(Math.max(0, i - 3), i)
      .some((near) => /^(can|may|could|either|optionally|whether|if)$/.test(near));
    if (!isKind || isName || either || isState || (word === 'public' && ['the', 'by'].includes(all[i - 1] ?? '')))
      return [];
    const isOpen = word.startsWith('public');
    const isNegated = ['not', 'never', 'isnt', 'arent', 'non', 'no'].some((no) =>
      all.slice(Math.max(0, i - 2), i).includes(no),
    );
    const read = isOpen !== isNegated ? 'everyone' : 'owner';
    const said = read === 'everyone' ? ({ read } as const) : ({ read, write: 'owner' } as const);
    const why = textBetween(context, clause.from, clause.to);
    const verb = [i - 1, i - 2].find((back) =>
      /^(is|are|be|stay|stays|remain|remains|isnt|arent)$/.test(all[back] ?? ''),
    );
    if (verb !== undefined)
      return subjects(context, clause, auxiliaryAt(context, clause.from + verb)).map((entity) =>
        access(entity, said, why),
      );
    const phrase = readPhrase(context, at + 1);
    const isNext = phrase && phrase.from <= at + 2 && phrase.plural && tokens[at + 1]?.kind === 'word';
    return isNext ? [access(phrase.name, said, why)] : [];
  });
}

/** The first of the auxiliaries that end at a token: "must **be**". */
function auxiliaryAt(context: Context, at: number): number {
  let first = at;
  while (context.lexicon.english.auxiliaries.has(context.tokens[first - 1]?.word ?? '')) first -= 1;
  return first;
}

/** "anyone can browse listings", "only members can see events", "readable by everyone". */
function readReaders(context: Context, clause: Clause): readonly Fact[] {
  const all = words(context, clause);
  const why = textBetween(context, clause.from, clause.to);
  const passive = all.findIndex((word) => /^(visible|readable|accessible|open|viewable|available|seen)$/.test(word));
  if (passive !== -1 && ['to', 'by', 'for'].includes(all[passive + 1] ?? '')) {
    const who = all.slice(passive + 2, passive + 6);
    const read = readersAmong(context, who);
    const verb = all.findIndex((word) => context.lexicon.english.auxiliaries.has(word));
    if (read === null || verb === -1) return [];
    const facts = subjects(context, clause, clause.from + verb).map((entity) => access(entity, { read }, why));
    return read === 'everyone' ? facts : [wanted(why), ...facts];
  }
  const sees = all.findIndex((word) => SEES.test(word));
  if (sees < 1 || all.includes('own')) return [];
  const before = all.slice(0, sees);
  const read = readersAmong(context, before.slice(-6));
  if (read === null) return [];
  const things = objects(context, clause.from + sees + 1, clause).map((entity) => access(entity, { read }, why));
  return read === 'everyone' ? things : [wanted(why), ...things];
}

function readersAmong(context: Context, who: readonly string[]): 'everyone' | 'accounts' | null {
  const text = who.join(' ');
  if (who.some((word) => SIGNED.test(word))) return 'accounts';
  if (/\b(without|no) (an |any )?(account|login|logging|signing|registration|password)/.test(text)) return 'everyone';
  const isOnly = who.includes('only');
  const isPerson = who.some((word) => senseOf(singularOf(context, word), context)?.entity.person === true);
  if (who.some((word) => EVERYONE.test(word)) && !isOnly) return 'everyone';
  if (isOnly && (isPerson || /\b(users|members|people with)\b/.test(text)) && !/\b(the|their|admins?)\b/.test(text))
    return 'accounts';
  return null;
}

function singularOf(context: Context, word: string): string {
  return context.tokens.find((token) => token.word === word)?.lemma ?? word;
}
