import { accessOf, isAccountsTable } from '../../../domain/access.ts';
import type { Origin } from '../../../domain/explanation.ts';
import { relationsOf } from '../../../domain/relations.ts';
import type { Schema, Table } from '../../../domain/schema.ts';
import type { Context } from './context.ts';
import type { Draft, Model, OriginalColumn } from './draft.ts';
import type { Fact } from './facts.ts';
import { spoken } from './origin.ts';
import { resolve } from './resolve.ts';
import { snake } from './words.ts';

/** A finished design and all that led to it. */
export interface Designed {
  readonly schema: Schema;
  readonly model: Model;
  readonly names: ReadonlyMap<Draft, string>;
  readonly facts: readonly Fact[];
  readonly context: Context;
}

const MAX_NAMES = 12;
const MAX_READINGS = 12;

/** What nobody said and was decided all the same, a sentence each. Tables that were there already are not spoken of. */
export function assumptions(design: Designed): string[] {
  return [
    ...readings(design.context),
    ...ofTables(design),
    ...ofAccess(design),
    ...ofColumns(design),
    ...ofDeleting(design),
    ...design.model.circles.map((circle) => `${circle}.`),
  ];
}

/** Typing errors and words of other languages, as they were understood. */
function readings({ tokens }: Context): readonly string[] {
  const read = new Map<string, string[]>();
  for (const { kind, raw, word } of tokens) {
    const plain = snake(raw);
    if (kind !== 'word' || word === plain || word === 'yes_no' || plain === 'w') continue;
    const words = read.get(raw) ?? [];
    if (!words.includes(spoken(word))) read.set(raw, [...words, spoken(word)]);
  }
  return [...read].slice(0, MAX_READINGS).map(([raw, words]) => `“${raw}” is read as “${words.join(' ')}”.`);
}

function ofTables({ model, names }: Designed): readonly string[] {
  const groups = new Map<string, string[]>();
  const modest: string[] = [];
  for (const one of model.drafts) {
    const name = names.get(one) ?? one.name;
    if (one.given) continue;
    if (one.origin.kind === 'lexicon') {
      const because = one.origin.because;
      groups.set(because, [...(groups.get(because) ?? []), name]);
    }
    if (one.columns.length > 0 && one.columns.every(({ origin }) => isRule(origin))) modest.push(name);
  }
  return [
    ...[...groups].map(([because, tables]) => `Nobody asked for ${list(tables)} by name: ${because}.`),
    ...(modest.length > 0 ? [`Nothing was said or is known about ${list(modest)}: only what any such thing has.`] : []),
    ...(model.leftOver.length > 0
      ? [`The request names more than one design can hold; without a table: ${list(model.leftOver)}.`]
      : []),
  ];
}

function ofAccess({ schema, model, names, facts, context }: Designed): readonly string[] {
  const spokenOf = facts.filter((fact) => fact.kind === 'accounts');
  if (!schema.accounts) {
    if (spokenOf.length > 0 || model.drafts.some((one) => one.given)) return [];
    return ['Nobody said that people sign in: whoever reaches the server may read and change everything.'];
  }
  const given = new Set(model.drafts.flatMap((one) => one.given?.name ?? []));
  const said = new Set(
    facts.flatMap((fact) => {
      const one = fact.kind === 'access' && fact.entity !== null ? resolve(model, fact.entity, context) : null;
      return one ? [names.get(one)] : [];
    }),
  );
  const groups = new Map<string, string[]>();
  for (const table of schema.tables) {
    if (isAccountsTable(table, schema) || said.has(table.name) || given.has(table.name)) continue;
    const text = accessText(table, schema);
    groups.set(text, [...(groups.get(text) ?? []), table.name]);
  }
  return [
    ...(spokenOf.length > 0 || given.size > 0
      ? []
      : [`Nobody said that people sign in: they do, as ${schema.accounts.table}, since such a thing lives from it.`]),
    ...[...groups].map(([text, tables]) => `Nobody said who may see and change ${list(tables)}: ${text}.`),
  ];
}

const READERS = { everyone: 'everyone reads', accounts: 'who is signed in reads', owner: 'only their owner reads' };
const WRITERS = {
  everyone: 'everyone writes',
  accounts: 'who is signed in writes',
  owner: 'their owner writes',
  admins: 'administrators write',
};

function accessText(table: Table, schema: Schema): string {
  const { read, write } = accessOf(table, schema);
  return `${READERS[read]}, ${WRITERS[write]}`;
}

function ofColumns({ schema, model, names, context }: Designed): readonly string[] {
  const all = model.drafts.flatMap((one) => {
    const title = names.get(one);
    const table = schema.tables.find(({ name }) => name === title);
    const columns = new Map(table?.columns.map((column) => [column.name, column]));
    const given = new Set(one.given?.columns.map(({ name }) => name));
    return one.columns.flatMap((column) => {
      const final = columns.get(column.name) ?? columns.get(`${column.name}_cents`);
      const isNew = final !== undefined && !given.has(final.name);
      return final && table && isNew ? [{ column, path: `${table.name}.${final.name}`, final }] : [];
    });
  });
  const paths = (isMeant: (column: OriginalColumn) => boolean) =>
    all.flatMap(({ column, path }) => (isMeant(column) ? [path] : []));
  const money = paths(({ kind, sqlType }) => kind === 'money' && sqlType === undefined);
  const moments = paths(({ kind, sqlType }) => kind === 'moment' && sqlType === undefined);
  const decimals = paths(({ sqlType }) => sqlType === 'numeric(12, 2)');
  const vague = paths(({ kind, name, sqlType, origin }) => {
    const isGuess = kind === 'text' && sqlType === undefined && origin.kind === 'request';
    return (
      isGuess && !context.lexicon.attributes.looksLike(name) && !/\b(text|string|varchar|char)\b/i.test(quoteOf(origin))
    );
  });
  const states = all.filter(({ column, final }) => column.kind === 'enum' && column.values && isUsual(column) && final);
  return [
    ...(money.length > 0 ? [`Amounts are whole numbers of the smallest unit of one currency: ${list(money)}.`] : []),
    ...(decimals.length > 0 ? [`Decimals are taken as numeric(12, 2): ${list(decimals)}.`] : []),
    ...(moments.length > 0 ? [`Points in time are unix seconds: ${list(moments)}.`] : []),
    ...(vague.length > 0 ? [`Nothing tells what these hold, so they are texts: ${list(vague)}.`] : []),
    ...states.map(({ path, column }) => `The states of ${path} are usual ones: ${list(column.values ?? [])}.`),
  ];
}

function ofDeleting({ schema, model }: Designed): readonly string[] {
  const given = new Set(model.drafts.flatMap((one) => one.given?.name ?? []));
  const goes = new Map<string, string[]>();
  const stays = new Map<string, string[]>();
  for (const table of schema.tables) {
    for (const { target, onDelete } of relationsOf(table)) {
      if (given.has(table.name) || target.table === table.name) continue;
      const group = onDelete === 'cascade' ? goes : onDelete === 'set-null' ? null : stays;
      group?.set(target.table, [...new Set([...(group.get(target.table) ?? []), table.name])]);
    }
  }
  return [
    ...[...goes].map(([parent, tables]) => `Deleting one of ${parent} takes its ${list(tables)} along.`),
    ...[...stays].map(([parent, tables]) => `One of ${parent} cannot be deleted while ${list(tables)} refer to it.`),
  ];
}

function isRule(origin: Origin): boolean {
  return origin.kind === 'rule';
}

function isUsual({ valuesFrom }: OriginalColumn): boolean {
  return valuesFrom.kind !== 'request';
}

function quoteOf(origin: Origin): string {
  return origin.kind === 'request' ? origin.quote : '';
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).join(', ');
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}
