import type { Context } from '../context.ts';
import type { Fact } from '../facts.ts';
import { STRENGTH } from '../facts.ts';
import { textBetween } from '../phrase.ts';
import { access, CHANGES, type Clause, clausesOf, objects, subjects, wanted, words } from './clauses.ts';

/** Whoever made a row, by a word that makes no kind of people of them. */
const MAKERS = /^(?:author|owner|creator|uploader|poster|writer|submitter|maker)s?$/;
const ALLOWED = /^(?:can|may|could|should|must|is|are|be|able|allowed|to|alone|only|then|also|ever)$/;
const CHANGED =
  /^(?:edited|changed|updated|deleted|removed|modified|edit|change|update|delete|remove|modify|editable|deletable)$/;

/** "Only the author may edit", "posts can only be edited by their author": people sign in, and keep what they made. */
export function readAuthorship(context: Context): readonly Fact[] {
  return clausesOf(context).flatMap((clause) => {
    const found = authorshipIn(context, clause);
    if (!found) return [];
    const why = textBetween(context, clause.from, clause.to);
    return [wanted(why), ...found.things.map((entity) => access(entity, { write: 'owner' }, why))];
  });
}

/** The word of such a statement that says who is meant names no people of their own. */
export function withoutMakers(facts: readonly Fact[], context: Context): readonly Fact[] {
  const said = clausesOf(context).flatMap((clause) =>
    authorshipIn(context, clause) ? [textBetween(context, clause.from, clause.to)] : [],
  );
  if (said.length === 0) return facts;
  const isWho = (name: string, why: string) => MAKERS.test(name) && said.some((text) => text.includes(why));
  return facts.filter((fact) => {
    if (fact.kind === 'entity') return fact.strength >= STRENGTH.defined || !isWho(fact.name, fact.why);
    return fact.kind !== 'link' || fact.soft !== true || !isWho(fact.parent, fact.why);
  });
}

interface Authorship {
  readonly things: readonly (string | null)[];
}

function authorshipIn(context: Context, clause: Clause): Authorship | null {
  const all = words(context, clause);
  const i = all.findIndex((word) => MAKERS.test(word));
  const [before, article] = [all[i - 2] ?? '', all[i - 1] ?? ''];
  const isOne = /^(?:the|its|their|an?|his|her)$/.test(article);
  if (i === -1 || !isOne) return null;
  const isOnly =
    all.slice(0, i).some((word) => /^(?:only|just)$/.test(word)) || all.slice(i + 1, i + 3).includes('alone');
  const isAllBut = /^(?:but|except)$/.test(before);
  if (!isOnly && !isAllBut) return null;
  const at = clause.from + i;
  if (before === 'by') return changedBy(context, clause, at);
  let verb = i + 1;
  while (ALLOWED.test(all[verb] ?? '')) verb += 1;
  if (!CHANGES.test(all[verb] ?? '')) return null;
  let object = verb + 1;
  while (/^(?:and|or|\/|,)$/.test(all[object] ?? '') && CHANGES.test(all[object + 1] ?? '')) object += 2;
  while (/^(?:an?|it|them|this|that|his|her|their|own)$/.test(all[object] ?? '')) object += 1;
  const that = all.findIndex((word) => /^(?:that|which)$/.test(word));
  const told = that > 0 && that < i ? subjects(context, clause, clause.from + that) : [];
  return { things: told.length > 0 ? told : objects(context, clause.from + object, clause) };
}

/** "posts can only be edited by **their author**" */
function changedBy(context: Context, clause: Clause, at: number): Authorship | null {
  const before = words(context, clause).slice(0, at - clause.from);
  const verb = before.findIndex((word) => context.lexicon.english.auxiliaries.has(word));
  if (verb === -1 || !before.some((word) => CHANGED.test(word))) return null;
  const start = clause.from + before.findLastIndex((word, i) => i < verb && /^(?:where|that|which|so)$/.test(word)) + 1;
  const things = subjects(context, { from: start, to: clause.to }, clause.from + verb);
  return { things: things.length > 0 ? things : [null] };
}
