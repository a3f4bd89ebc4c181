import { accountsOf } from '../access.ts';
import { IDEMPOTENCY, sessionsDdl, signedInDdl } from '../backend-tables.ts';
import { readableIdentifier as name } from '../identifier.ts';
import { PROFILES_VIEW, policiesByTable, profilesView } from '../policies.ts';
import type { Schema } from '../schema.ts';
import { type DiffContext, ORDER, type Step, step } from './context.ts';

/** Row-level security, and what the backend keeps for itself. What leans on a column that changes is made anew. */
export function wallSteps(context: DiffContext): readonly Step[] {
  const sessions = sessionsChange(context);
  return [
    ...policySteps(context),
    ...viewSteps(context, sessions),
    ...sessionSteps(context, sessions),
    ...answers(context),
  ];
}

const wordsOf = (text: string): ReadonlySet<string> => new Set(text.match(/[a-z_][a-z0-9_]*/g) ?? []);

function leansOnTouched(text: string, { touched, goneTables }: DiffContext): boolean {
  const words = wordsOf(text);
  const columns = [...touched].map((place) => place.slice(place.indexOf('.') + 1));
  return [...columns, ...goneTables.map((table) => table.name)].some((word) => words.has(word));
}

function policySteps(context: DiffContext): Step[] {
  const { base, after } = context;
  const [was, will] = [policiesByTable(base), policiesByTable(after)];
  const titles = [...new Set([...base.tables, ...after.tables].map((table) => table.name))];
  return titles.flatMap((title): Step[] => {
    const [old, next] = [was.get(title) ?? [], will.get(title) ?? []];
    const isGone = !after.tables.some((table) => table.name === title);
    if (old.join() === next.join() && !leansOnTouched(old.slice(1).join(), context)) return [];
    const former = context.oldTable(title) ?? name(title);
    const drops = old.slice(1).map((policy) => `DROP POLICY ${policyName(policy)} ON ${former};`);
    if (old.length > 0 && next.length === 0 && !isGone) drops.push(`ALTER TABLE ${former} DISABLE ROW LEVEL SECURITY;`);
    const makes = old.length > 0 ? next.slice(1) : next;
    return [
      ...(drops.length > 0 ? [step(ORDER.wallDown, `Take the policies of ${title} down.`, drops)] : []),
      ...(makes.length > 0 ? [step(ORDER.wallUp, `Say who may do what with ${title}.`, makes)] : []),
    ];
  });
}

const policyName = (statement: string): string => /^CREATE POLICY (\S+)/.exec(statement)?.[1] ?? '';

/** Whether the tables of sessions go, come, or are made anew since accounts have another key. */
interface SessionsChange {
  readonly drops: boolean;
  readonly makes: boolean;
}

function sessionsChange(context: DiffContext): SessionsChange {
  const { base, after, touched } = context;
  const [was, will] = [sessionsDdl(base), sessionsDdl(after)];
  const accounts = accountsOf(base);
  const isTouched = accounts !== null && touched.has(`${accounts.table.name}.${accounts.key.name}`);
  const keys = (schema: Schema) => {
    const table = accountsOf(schema)?.table;
    return JSON.stringify(
      table?.columns.filter((column) => column.primaryKey || column.unique).map((column) => column.name),
    );
  };
  // The reference of sessions leans on the key.
  const isSame =
    was === will && !isTouched && (was === '' || keys(base) === keys(after) || !accounts || keepsPrimary(context));
  return { drops: was !== '' && !isSame, makes: will !== '' && !isSame };
}

function keepsPrimary({ base, was, will }: DiffContext): boolean {
  const title = accountsOf(base)?.table.name ?? '';
  const primary = (parts = was.get(title)?.parts) => parts?.find(({ kind }) => kind === 'primary')?.rule;
  return primary() === primary(will.get(title)?.parts);
}

function sessionSteps({ after }: DiffContext, { drops, makes }: SessionsChange): Step[] {
  return [
    ...(drops
      ? [step(ORDER.wallDown, 'End all sessions.', ['DROP TABLE _sessions;', 'DROP TABLE _login_failures;'])]
      : []),
    ...(makes ? [step(ORDER.wallUp - 0.5, 'Keep who is signed in.', [sessionsDdl(after).trimEnd()])] : []),
  ];
}

/** Columns of a view keep their names when those of its table get others, so it is compared by its old names. */
function viewSteps(context: DiffContext, sessions: SessionsChange): Step[] {
  const { before, base, after } = context;
  const signed = [signedInDdl(base), signedInDdl(after)] as const;
  const profiles = [profilesView(before), profilesView(after)] as const;
  const roleColumns = context.base.accounts ? `${context.base.accounts.role}` : '';
  // It holds them as text, which no renaming of a value reaches.
  const admins = before.accounts?.admins.join('\u0000') !== after.accounts?.admins.join('\u0000');
  const isSignedStale =
    sessions.drops || admins || signed[0] !== signed[1] || leansOnTouched(`${signed[0]} ${roleColumns}`, context);
  const isProfileStale = profiles[0] !== profiles[1] || leansOnTouched(profilesView(base), context);
  return [...viewStep('_signed_in', signed, isSignedStale), ...viewStep(PROFILES_VIEW, profiles, isProfileStale)];
}

function viewStep(title: string, [was, will]: readonly [string, string], isStale: boolean): Step[] {
  if (!isStale) return [];
  return [
    // Before the tables it leans on.
    ...(was === '' ? [] : [step(ORDER.wallDown - 1, `Take the view ${title} down.`, [`DROP VIEW ${title};`])]),
    ...(will === '' ? [] : [step(ORDER.wallUp, `Make the view ${title}.`, [will.trimEnd()])]),
  ];
}

function answers({ before, after }: DiffContext): Step[] {
  const [was, will] = [before.tables.length > 0, after.tables.length > 0];
  if (was === will) return [];
  return will
    ? [step(ORDER.wallUp - 0.5, 'Keep answers that are given again.', [IDEMPOTENCY.trimEnd()])]
    : [step(ORDER.dropTable, 'Forget the answers that were given.', ['DROP TABLE _idempotency_keys;'])];
}
