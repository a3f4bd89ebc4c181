import type { Context } from '../context.ts';
import { senseOf } from '../context.ts';
import type { Fact } from '../facts.ts';
import { readList } from '../list.ts';
import { isStop, readPhrase } from '../phrase.ts';

/** Who may see and change something. */
export type AccessFact = Extract<Fact, { kind: 'access' }>;

/** One statement of the request. */
export interface Clause {
  readonly from: number;
  readonly to: number;
}

/** Everybody, signed in or not. */
export const EVERYONE =
  /^(everyone|everybody|anyone|anybody|visitor|visitors|world|anonymous|guests|strangers|public)$/;
/** Words in front of those who are signed in. */
export const SIGNED = /^(logged_in|signed_in|registered|authenticated|signed_up|logged|signed)$/;
/** Lemmas of those who may do everything. */
export const ADMIN = /^(admin|administrator|moderator|superuser|super_admin|superadmin)$/;
/** Verbs of looking at something. */
export const SEES =
  /^(read|reads|see|sees|view|views|browse|browses|access|accesses|look|looks|find|search|list|download)$/;
/** Verbs of changing what is there. */
export const CHANGES =
  /^(edit|edits|change|changes|update|updates|delete|deletes|remove|removes|modify|modifies|approve|approves|moderate|moderates|ban|hide|lock)$/;
/** Verbs of making something and looking after it. */
export const KEEPS =
  /^(manage|manages|create|creates|add|adds|maintain|maintains|enter|enters|publish|publishes|define|defines|curate|curates|upload|uploads|write|writes|post|posts|set|control|controls|handle|handles|assign|assigns|administer)$/;
const STARTS = /^(only|each|every|all|users|members|customers|people|anonymous|nobody|public|private)$/;

/** Sentences, and what follows a comma or "but" when somebody else is spoken of there. */
export function clausesOf(context: Context): readonly Clause[] {
  const { tokens } = context;
  const clauses: Clause[] = [];
  let from = 0;
  for (let at = 0; at <= tokens.length; at += 1) {
    const word = tokens[at]?.word ?? '';
    const next = tokens[at + 1]?.word ?? '';
    const isBreak = at === tokens.length || (isStop(tokens[at]) && !['-', '='].includes(word));
    const isTurn =
      ['but', 'while', 'whereas', 'though', 'although', 'yet'].includes(word) ||
      ([',', 'and'].includes(word) && (startsStatement(next) || isSubject(context, at + 1)));
    if (!isBreak && !isTurn) continue;
    if (at > from) clauses.push({ from, to: at });
    from = at + 1;
  }
  return clauses;
}

function startsStatement(word: string): boolean {
  return EVERYONE.test(word) || SIGNED.test(word) || STARTS.test(word);
}

/** Somebody who does or may do something: "admins manage", "the seller can". */
function isSubject(context: Context, at: number): boolean {
  const start = ['a', 'an', 'the'].includes(context.tokens[at]?.word ?? '') ? at + 1 : at;
  const token = context.tokens[start];
  const behind = context.tokens[start + 1]?.word ?? '';
  const isSomebody = token && (ADMIN.test(token.lemma) || senseOf(token.lemma, context)?.entity.person === true);
  const does = ['can', 'may', 'must', 'should', 'only'].includes(behind) || SEES.test(behind) || KEEPS.test(behind);
  return isSomebody === true && does;
}

/** The words of a statement. */
export function words(context: Context, { from, to }: Clause): readonly string[] {
  return context.tokens.slice(from, to).map(({ word }) => word);
}

/** The fact that somebody may see or change something; `entity` null for everything. */
export function access(entity: string | null, said: Pick<AccessFact, 'read' | 'write'>, why: string): AccessFact {
  return { kind: 'access', entity, ...said, why };
}

/** Things that stand in a list from a token on; null stands for everything. */
export function objects(context: Context, start: number, clause: Clause): readonly (string | null)[] {
  let from = start;
  while (
    from < clause.to &&
    ['all', 'any', 'every', 'the', 'other', 'to', 'at', 'of'].includes(context.tokens[from]?.word ?? '')
  )
    from += 1;
  if (from >= clause.to) return [null];
  const { items } = readList(context, from);
  const { english } = context.lexicon;
  const names = items.filter((item) => item.from < clause.to).map(({ name }) => name);
  const things = names.filter((name) => !english.filler.has(name) && !GENERAL.test(name));
  return things.length > 0 ? things : [null];
}

const GENERAL = /^(data|datum|stuff|thing|record|item|row|content|entry|one|everything|information|info|resource)$/;

/** The things a statement is about: what stands before the verb. */
export function subjects(context: Context, { from }: Clause, verb: number): readonly string[] {
  const { items, to } = readList(context, from);
  if (items.length > 0 && to >= verb - 1) return items.filter((item) => item.from < verb).map(({ name }) => name);
  const phrase = [3, 2, 1]
    .map((back) => readPhrase(context, Math.max(from, verb - back)))
    .find((one) => one?.to === verb);
  return phrase ? [phrase.name] : [];
}

/** The fact that people sign in. */
export function wanted(why: string): Fact {
  return { kind: 'accounts', wanted: true, why };
}
