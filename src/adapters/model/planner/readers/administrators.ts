import type { Context } from '../context.ts';
import type { Fact } from '../facts.ts';
import { textBetween } from '../phrase.ts';
import {
  type AccessFact,
  ADMIN,
  access,
  CHANGES,
  type Clause,
  KEEPS,
  objects,
  SEES,
  subjects,
  wanted,
  words,
} from './clauses.ts';

type Keeper = AccessFact['write'];

const MAKES =
  /^(create|creates|add|adds|enter|enters|publish|publishes|upload|uploads|write|writes|post|posts|define|defines)$/;
const ALL = /^(all|any|every|everything|anything|other)$/;

/** "admins manage products", "products are added by administrators", "moderators can delete posts", "roles". */
export function readAdmins(context: Context, clause: Clause): readonly Fact[] {
  const { tokens } = context;
  const all = words(context, clause);
  const i = tokens.slice(clause.from, clause.to).findIndex(({ lemma }) => ADMIN.test(lemma));
  const token = tokens[clause.from + i];
  if (i === -1 || !token) return [];
  const isSoftware = /^(panel|dashboard|area|interface|ui|page|console|tool|site|api|backend)s?$/.test(
    all[i + 1] ?? '',
  );
  if (isSoftware) return [];
  const why = textBetween(context, clause.from, clause.to);
  const role: Fact = { kind: 'role', name: token.lemma.startsWith('moderator') ? 'moderator' : 'admin', why };
  const isOnly = all.includes('only') || all.includes('just');
  const by = all[i - 1] === 'by' || (['an', 'the', 'only'].includes(all[i - 1] ?? '') && all[i - 2] === 'by');
  if (by) {
    const verb = all.findIndex((word) => context.lexicon.english.auxiliaries.has(word));
    const things = verb === -1 ? [] : subjects(context, clause, clause.from + verb);
    return [
      wanted(why),
      role,
      ...things.map((entity) =>
        access(
          entity,
          { write: keeper(isOnly || all.some((word) => /^(created|added|published|entered)$/.test(word))) },
          why,
        ),
      ),
    ];
  }
  let last = i;
  for (let at = i + 1; at < all.length && at < i + 12; at += 1) {
    const word = all[at] ?? '';
    const isDeed = KEEPS.test(word) || CHANGES.test(word) || SEES.test(word);
    // Right behind a verb it is what is done something with: "publish posts".
    if (isDeed && last > i && last === at - 1) break;
    if (isDeed) last = at;
    else if (!/^(can|may|to|who|only|and|or|,|are|able|should|must|be|also|then|\/)$/.test(word)) break;
  }
  const deeds = all.slice(i + 1, last + 1);
  const keeps = deeds.some((word) => KEEPS.test(word)) || (isOnly && deeds.some((word) => CHANGES.test(word)));
  if (last === i) return i > 0 && all[i - 1] === 'as' ? [wanted(why), role] : [role];
  if (!keeps || ALL.test(all[last + 1] ?? '')) return [wanted(why), role];
  const things = objects(context, clause.from + last + 1, clause).filter((name) => name !== null);
  const makes = deeds.some((word) => MAKES.test(word));
  return [wanted(why), role, ...things.map((entity) => access(entity, { write: keeper(isOnly || makes) }, why))];
}

/** When administrators only manage something, people still keep what they made. */
function keeper(theyMakeIt: boolean): Keeper {
  return theyMakeIt ? 'only-admins' : 'admins';
}
