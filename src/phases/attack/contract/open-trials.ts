import type { Field } from '../field.ts';
import type { Talk } from '../talk.ts';
import { Trials } from './trials.ts';

/** What cannot be tried of a contract is told; null where nobody is let in. */
export async function openTrials(field: Field, talk: Talk): Promise<Trials | null> {
  const { operations, trial, untried = [] } = field.order;
  for (const { name, reason } of untried) field.ledger.leave(name, reason);
  if (!operations) return null;
  const trials = new Trials(field, talk);
  const reason = trial
    ? (await trials.gather())
      ? null
      : trials.reason
    : 'those who sign up and the rows that are made would stay';
  if (reason === null) return trials;
  for (const { method, path, needsAccount } of operations)
    if (needsAccount) field.ledger.leave(`${method} ${path}, signed in`, reason);
  // Where it is ours, somebody has to come in.
  if (trial) talk.report('not-attacked', 'signing in', reason);
  return null;
}
