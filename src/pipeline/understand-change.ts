import { isRenaming, namedChange, unfound } from '../domain/change-request.ts';
import { diffSchemas, findRenames } from '../domain/diff.ts';
import { TurboError } from '../domain/errors.ts';
import {
  type Growth,
  type GrowthItem,
  isWhole,
  itemsIn,
  nearestTables,
  readGrowth,
  tableCalled,
} from '../domain/growth.ts';
import type { ProjectFolder } from '../domain/project.ts';
import type { Request } from '../domain/request.ts';
import type { Schema } from '../domain/schema.ts';
import { parseSchema } from '../domain/schema-rules.ts';
import { schemaWithout } from '../domain/schema-without.ts';
import type { Needs } from '../ports/services.ts';
import type { ChangeOrder } from './plan-change.ts';

/** What a sentence makes of a schema, and what it says about names. */
export interface WantedChange extends Pick<ChangeOrder, 'renames' | 'dropped'> {
  readonly after: Schema;
  /** Who understood it. */
  readonly decidedBy: string;
  /** Words that nothing stands for. */
  readonly leftOut: readonly string[];
}

/**
 * What a sentence about a project's data wants. Throws `request.unclear` for what names nothing that is there or was not
 * understood, `schema.invalid` when the result would not hold, and `model.*`.
 */
export async function understandChange(
  { project }: ProjectFolder,
  request: Request,
  { model }: Needs<'model'>,
): Promise<WantedChange> {
  const { schema } = project;
  if (schema === null || schema.tables.length === 0) {
    throw new TurboError('project.incomplete', `${project.name} has no database that could grow.`, {
      hint: 'turbobackend create "<request>" --database yes, in an empty folder',
    });
  }
  const named = namedChange(request.text, schema);
  if (named) return { ...named, after: parseSchema(named.schema), decidedBy: 'its words', leftOut: [] };
  if (isRenaming(request.text)) throw notUnderstood(request.text, [], schema);
  const growth = growthOf(request.text, schema);
  if (growth?.items.length === 0) return wanted(schema, 'its words');
  const base = { name: project.name, schema, ...(growth ? { growth } : {}) };
  const { schema: after, explanation } = await model.design(request, base, { projectId: project.id });
  const isSame = saysTheSame(schema, after);
  const absent = growth ? missing(growth, schema, after) : [];
  if (isSame && growth && absent.length > 0 && (await hasByAnotherName(growth))) return wanted(schema, model.name);
  const leftOut = growth ? absent : explanation.leftOut;
  const unclear = !isSame ? [] : leftOut.length > 0 ? leftOut : unknownWords(request.text, schema);
  if (unclear.length > 0) throw notUnderstood(request.text, unclear, schema);
  return { ...wanted(isSame ? schema : after, model.name), leftOut };

  /** "colour" of a table with `color`: what would come to the table if it had nothing is there. */
  async function hasByAnotherName(items: Growth): Promise<boolean> {
    const columnsOf = ({ tables }: Schema) => tables.find(({ name }) => name === items.table)?.columns ?? [];
    const names = (of: Schema) => new Set(columnsOf(of).map(({ name }) => name));
    if (schema === null) return false;
    const columns = new Set([...names(schema)].map((name) => `${items.table}.${name}`));
    const bare = schemaWithout(schema, { tables: new Set(), columns, accounts: false });
    const design = await model.design(request, { ...base, schema: bare }, { projectId: project.id });
    const [few, all] = [names(bare), names(schema)];
    const came = [...names(design.schema)].filter((name) => !few.has(name));
    return came.length >= items.items.length && came.every((name) => all.has(name));
  }
}

/** Written in another way, two schemas may still be one database. */
function saysTheSame(before: Schema, after: Schema): boolean {
  const { renames, doubts } = findRenames(before, after, { renames: new Map(), dropped: new Set() });
  return doubts.length === 0 && diffSchemas(before, after, { renames }).length === 0;
}

const wanted = (after: Schema, decidedBy: string): WantedChange => ({
  ...{ after, decidedBy, leftOut: [] },
  ...{ renames: new Map(), dropped: new Set() },
});

/** What the sentence adds to a table, without what it has already; null for other sentences. */
function growthOf(text: string, schema: Schema): Growth | null {
  const said = readGrowth(text);
  const table = said && tableCalled(said.place, schema);
  if (!said) return null;
  if (!table && isWhole(said.place)) return null;
  if (!table) {
    const thing = said.items.map(({ name }) => `a ${name.replaceAll('_', ' ')}`).join(' and ');
    const known = nearestTables(said.place, schema).join(', ');
    throw new TurboError('request.unclear', `There is no table "${said.place}". There are: ${known}.`, {
      hint: `Name one of these, or make it with all it needs: turbobackend evolve "add ${said.place} with ${thing}"`,
    });
  }
  const own = said.items.find(({ name, fields }) => fields && tableCalled(name, schema));
  if (own) return growthOfOwn(own, said.items, schema, text);
  const whole = { table: table.name, items: said.items };
  const there = new Set(itemsIn(whole, schema));
  return { ...whole, items: said.items.filter((item) => !there.has(item)) };
}

/** "posts have comments with a rating", where comments are a table: the rating comes to them. */
function growthOfOwn(
  { name, fields = [] }: GrowthItem,
  items: readonly GrowthItem[],
  schema: Schema,
  text: string,
): Growth {
  const table = tableCalled(name, schema);
  const isOnly = items.length === 1 && table !== null;
  if (!isOnly) throw notUnderstood(text, [name.replaceAll('_', ' ')], schema);
  const there = new Set(itemsIn({ table: table.name, items: fields }, schema));
  return { table: table.name, items: fields.filter((field) => !there.has(field)) };
}

/** Properties of a new thing that nothing came for. */
function missingFields({ name, fields = [] }: GrowthItem, after: Schema): readonly string[] {
  const table = tableCalled(name, after);
  if (!table) return fields.length > 0 ? [name, ...fields.map((field) => field.name)] : [];
  const found = new Set(itemsIn({ table: table.name, items: fields }, after));
  const columns = table.columns.filter(({ primaryKey, default: made }) => !primaryKey && !made);
  // A column may have another name than the words: then their number tells.
  return columns.length > fields.length ? [] : fields.filter((field) => !found.has(field)).map((field) => field.name);
}

/** Items that nothing came for. A new column may have another name than the words: then their number tells. */
function missing(growth: Growth, before: Schema, after: Schema): readonly string[] {
  const columnsOf = ({ tables }: Schema) => tables.find(({ name }) => name === growth.table)?.columns.length ?? 0;
  const more = columnsOf(after) - columnsOf(before) + after.tables.length - before.tables.length;
  const found = new Set(itemsIn(growth, after));
  const absent = growth.items.filter((item) => !found.has(item));
  const lost = growth.items.flatMap((item) => missingFields(item, after));
  const gone = more >= growth.items.length ? lost : [...absent.map(({ name }) => name), ...lost];
  return [...new Set(gone)].map((name) => name.replaceAll('_', ' '));
}

const SMALL = new Set(
  'with have has that this them they their from into should would could must shall need needs each every make made give also only when where which what some many more other than then there these those please table column field want wants able belong belongs belonging'.split(
    ' ',
  ),
);

/** Words of a sentence that no part of a schema is called by. */
function unknownWords(text: string, { tables, enums }: Schema): readonly string[] {
  const names = [
    ...tables.flatMap(({ name, columns }) => [name, ...columns.map((column) => column.name)]),
    ...enums.flatMap(({ name, values }) => [name, ...values]),
  ].map((name) => name.toLowerCase());
  const words = text.toLowerCase().match(/[\p{L}\d]+/gu) ?? [];
  const isKnown = (word: string) => names.some((name) => name.includes(word.replace(/(?:ies|es|s|ed|y|e)$/, '')));
  return [...new Set(words)].filter((word) => word.length > 3 && !SMALL.has(word) && !isKnown(word));
}

function notUnderstood(text: string, words: readonly string[], schema: Schema): TurboError {
  const table = schema.tables.find(({ name }) => name !== schema.accounts?.table) ?? schema.tables[0];
  const column = table?.columns.find(
    ({ primaryKey, references, default: made }) => !primaryKey && !references && !made,
  );
  const thing = table?.name ?? 'posts';
  const examples = [
    `"${thing} can have a subtitle"`,
    `"add tags to ${thing}"`,
    ...(column ? [`"rename ${thing}.${column.name} to headline"`, `"make ${thing}.${column.name} optional"`] : []),
    '"add reviews with a rating and a text"',
    ...(thing === schema.accounts?.table ? [] : [`"remove ${thing}"`]),
  ];
  const why = unfound(text, schema) ?? `Not understood: ${words.map((word) => JSON.stringify(word)).join(', ')}.`;
  return new TurboError('request.unclear', `${why} Nothing was changed.`, {
    hint: `Tables are ${schema.tables.map(({ name }) => name).join(', ')}. For example: ${examples.join(', ')}`,
    details: { words },
  });
}
