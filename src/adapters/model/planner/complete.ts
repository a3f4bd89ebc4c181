import type { Context } from './context.ts';
import type { Draft, Model } from './draft.ts';
import { findLink } from './draft.ts';
import type { ColumnFact, Fact } from './facts.ts';
import { isHappening } from './happening.ts';
import type { ColumnDraft } from './notation.ts';
import { resolve } from './relate.ts';

/** Hands the columns that the request names to their tables. */
export function sayColumns(model: Model, facts: readonly Fact[], context: Context): void {
  for (const fact of facts) {
    if (fact.kind === 'closed') {
      const one = resolve(model, fact.entity, context);
      if (one) one.closed = true;
    }
    if (fact.kind !== 'column') continue;
    const one = resolve(model, fact.entity, context);
    if (!one || one.join) continue;
    const before = one.said.get(fact.column.name);
    one.said.set(fact.column.name, before ? mergeFacts(before, fact.column) : fact.column);
  }
}

/** The earlier word stands; a later one fills what it left open. */
function mergeFacts(first: ColumnFact, second: ColumnFact): ColumnFact {
  const open = Object.fromEntries(Object.entries(second).filter(([, value]) => value !== undefined));
  const said = Object.fromEntries(Object.entries(first).filter(([, value]) => value !== undefined));
  return { ...open, ...said, name: first.name };
}

/** Gives every table its columns: what was said, then what the lexicon adds, then a name when nothing is left. */
export function completeColumns(model: Model, context: Context): void {
  for (const one of model.drafts) {
    if (one.join) continue;
    const known = one.entity?.columns ?? [];
    const columns = [...one.said.values()].map((said) =>
      fillIn(
        said,
        known.find(({ name }) => name === said.name),
        one.closed,
        context,
      ),
    );
    if (!one.closed) {
      for (const column of known) if (!isCovered(column, one, columns, context)) columns.push(column);
    }
    const enough = one.closed ? 1 : 2;
    if (columns.length === 0 && one.entity === null && one.links.length < enough)
      columns.push(...modestColumns(one, context));
    one.columns = columns.filter((column) => !one.links.some(({ role }) => `${role}_id` === column.name));
    addUniques(one);
  }
}

/** Columns of a thing nobody told anything about: things have a name, happenings a time and notes. */
function modestColumns(one: Draft, context: Context): readonly ColumnDraft[] {
  const { guess } = context.lexicon.attributes;
  return isHappening(one.name) ? [guess('occurred_at'), guess('notes')] : [guess('name')];
}

/** What was said about a column, with what its name tells or the lexicon knows for the rest. */
function fillIn(said: ColumnFact, known: ColumnDraft | undefined, closed: boolean, context: Context): ColumnDraft {
  const guessed = context.lexicon.attributes.guess(said.name);
  const base = known ?? guessed;
  const values = said.values && said.values.length > 0 ? said.values : undefined;
  const typed = said.kind !== undefined || said.sqlType !== undefined || values !== undefined;
  const kind = values ? 'enum' : (said.kind ?? base.kind);
  const defaultValue = values ? (base.kind === 'enum' ? values[0] : undefined) : typed ? undefined : base.default;
  const numeric = kind !== 'text' && kind !== 'enum' && kind !== 'long';
  return {
    name: said.name,
    kind,
    sqlType: said.sqlType,
    values: values ?? (kind === 'enum' ? base.values : undefined),
    nullable: said.nullable ?? (closed ? guessed.nullable && !said.unique : base.nullable),
    unique: said.unique ?? base.unique,
    default: kind === 'boolean' ? (base.default ?? false) : said.nullable ? undefined : defaultValue,
    min: said.min ?? (numeric ? base.min : undefined),
    max: said.max ?? (numeric ? base.max : undefined),
    sensitive: base.sensitive,
  };
}

/** Said already under this or a like name, or expressed by a reference. */
function isCovered(column: ColumnDraft, one: Draft, columns: readonly ColumnDraft[], context: Context): boolean {
  const same = (name: string) => context.lexicon.attributes.same(name, column.name);
  if (columns.some(({ name }) => name === column.name || same(name) || name.endsWith(`_${column.name}`))) return true;
  const base = column.name.replace(/_name$/, '');
  return one.links.some(({ role, parent }) => [role, parent.name, parent.entity?.name].includes(base));
}

/** The keys the lexicon knows, as far as their columns are there. */
function addUniques(one: Draft): void {
  for (const parts of one.entity?.unique ?? []) {
    const names = parts.map((part) => {
      const link = findLink(one, part);
      if (link) return `${link.role}_id`;
      return one.columns.find(({ name }) => name === part)?.name ?? null;
    });
    const found = names.filter((name) => name !== null);
    if (
      found.length === names.length &&
      !one.uniques.some((there) => there.some((name) => found.includes(name)) && there.length !== found.length)
    ) {
      one.uniques.push(found);
    }
  }
}
