import type { Context } from './context.ts';
import type { Draft, Model, OriginalColumn, SaidColumn } from './draft.ts';
import { findLink } from './draft.ts';
import type { Fact } from './facts.ts';
import { isHappening } from './happening.ts';
import type { ColumnDraft } from './notation.ts';
import { known as knownBy, quotedFor, rule, spoken } from './origin.ts';
import { resolve } from './resolve.ts';

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
    const said = { ...fact.column, why: fact.why };
    one.said.set(fact.column.name, before ? mergeFacts(before, said) : said);
  }
}

/** The earlier word stands; a later one fills what it left open. */
function mergeFacts(first: SaidColumn, second: SaidColumn): SaidColumn {
  const open = Object.fromEntries(Object.entries(second).filter(([, value]) => value !== undefined));
  const said = Object.fromEntries(Object.entries(first).filter(([, value]) => value !== undefined));
  return { ...open, ...said, name: first.name, why: first.why };
}

/** Gives every table its columns: what was said, then what the lexicon adds, then a name when nothing is left. */
export function completeColumns(model: Model, context: Context): void {
  for (const one of model.drafts) {
    if (one.join) continue;
    const known = one.entity?.columns ?? [];
    const columns = [...one.said.values()].map((said): OriginalColumn => {
      const usual = known.find(({ name }) => name === said.name);
      const origin = quotedFor(said.name, said.why, context.source);
      const valuesFrom = said.values?.length ? origin : rule(`the usual values of a ${spoken(said.name)}`);
      return { ...fillIn(said, usual, one.closed, context), origin, valuesFrom };
    });
    if (!one.closed && !one.given && one.entity) {
      const origin = knownBy(one.entity, `what a ${spoken(one.entity.name)} usually has`);
      for (const column of known)
        if (!isCovered(column, one, columns, context) && !isJoined(column, one, model))
          columns.push({ ...column, origin, valuesFrom: origin });
    }
    const enough = one.closed ? 1 : 2;
    if (columns.length === 0 && !one.given && one.entity === null && one.links.length < enough)
      columns.push(...modestColumns(one, context));
    one.columns = columns.filter((column) => !one.links.some(({ role }) => `${role}_id` === column.name));
    addUniques(one);
  }
}

/** Columns of a thing nobody told anything about: things have a name, happenings a time and notes. */
function modestColumns(one: Draft, context: Context): readonly OriginalColumn[] {
  const { guess } = context.lexicon.attributes;
  const names = isHappening(one.name) ? ['occurred_at', 'notes'] : ['name'];
  const why = isHappening(one.name) ? 'what happens has a time and notes' : 'a thing has a name';
  const origin = rule(`nothing was said about it: ${why}`);
  return names.map((name) => ({ ...guess(name), origin, valuesFrom: origin }));
}

/** What was said about a column, with what its name tells or the lexicon knows for the rest. */
function fillIn(said: SaidColumn, known: ColumnDraft | undefined, closed: boolean, context: Context): ColumnDraft {
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
    unique: said.unique ?? (base.unique || (guessed.unique && !base.nullable)),
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

/** Several rows of a table by that name belong to it: a book with authors needs no column for one. */
function isJoined({ name }: ColumnDraft, one: Draft, { drafts }: Model): boolean {
  return drafts.some(
    ({ join, links }) =>
      join && links.some(({ parent }) => parent === one) && links.some(({ parent }) => parent.name === name),
  );
}

/** The keys the lexicon knows, as far as their columns are there. */
function addUniques(one: Draft): void {
  if (one.given) return;
  for (const parts of one.entity?.unique ?? []) {
    const names = parts.map((part) => {
      const link = findLink(one, part);
      if (link) return `${link.role}_id`;
      return one.columns.find(({ name }) => name === part)?.name ?? null;
    });
    const found = names.filter((name) => name !== null);
    if (
      found.length === names.length &&
      !one.uniques.some(
        ({ parts: there }) => there.some((name) => found.includes(name)) && there.length !== found.length,
      )
    ) {
      const because = `no two of them are the same in ${parts.map(spoken).join(' and ')}`;
      one.uniques.push({ parts: found, origin: one.entity ? knownBy(one.entity, because) : one.origin });
    }
  }
}
