import type { Context } from './context.ts';
import type { Draft, Model } from './draft.ts';
import { findDraft } from './draft.ts';
import { entityIn } from './phrase.ts';
import { singular } from './words.ts';

/** The draft a word of the request stands for. */
export function resolve(model: Model, name: string, context: Context): Draft | null {
  const word = singular(name);
  const direct = findDraft(model, word);
  if (direct) return direct;
  const senses = context.lexicon.nouns.get(word) ?? [];
  const concept = model.drafts.find((one) => senses.some((sense) => sense.entity.name === one.entity?.name));
  if (concept) return concept;
  const ending = word.includes('_') ? entityIn(word, context) : null;
  return ending === null || ending === word ? null : resolve(model, ending, context);
}

/** Who plays a role: a person of that name, else the users, else the only kind of person there is. */
export function resolveRole(model: Model, role: string, context: Context): Draft | null {
  const own = findDraft(model, singular(role));
  if (own) return own;
  const isDoer = /_(by|to)$/.test(role);
  if (!isDoer && !context.lexicon.english.roles.has(role)) return resolve(model, role, context);
  const people = model.drafts.filter((one) => one.entity?.person);
  return findDraft(model, 'user') ?? resolve(model, role, context) ?? people[0] ?? null;
}
