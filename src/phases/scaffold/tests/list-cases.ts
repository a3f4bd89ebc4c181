import { isComparable } from '../../../domain/rest.ts';
import { generatorOf, type Resource } from '../resource.ts';
import { quoted } from '../source.ts';
import { type Case, callCase, lines } from './cases.ts';
import { relationCases } from './relation-cases.ts';
import { hasFewRows, textList } from './values.ts';
import type { Voice } from './voice.ts';

/** Filters, order, pages, and what rows are shown with. */
export function listCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, key } = resource;
  const who = [voice.client, quoted(table.name)];
  const kinds = kindsOf(resource);
  const nullable = resource.inputs.filter(
    ({ column }) => column.nullable && kinds[column.name] !== undefined && !column.references,
  );
  const bad = badFilters(resource);
  const [first] = key.filter((column) => kinds[column.name] !== undefined);
  const cases: Case[] = [];
  if (!hasFewRows(resource) && first) {
    const many = (name: string, check: string, rest: readonly string[]) =>
      callCase(name, check, [...who, 'await makeRows()', ...rest]);
    cases.push(
      many('rows are found by each column', 'checkFilters', ['kinds']),
      ...(nullable.length > 0
        ? [many('rows are found by what is empty', 'checkEmpty', [textList(nullable.map(({ name }) => name))])]
        : []),
      many('rows come in the order that is asked for, page by page', 'checkOrder', ['kinds']),
      many('the plain list shows every row once', 'checkPlainList', []),
      many('lists are counted and cut, and refuse what they do not know', 'checkListSettings', ['kinds']),
      many('a row is shown in part', 'checkRowQuery', [quoted(first.name)]),
    );
  }
  if (bad.length > 0) {
    const values = bad.map(([name, value]) => `[${quoted(name)}, ${quoted(value)}]`);
    cases.push(
      callCase('a filter must be of the type of its column', 'checkBadFilters', [
        ...who,
        { as: 'strange', code: lines(values) },
      ]),
    );
  }
  return [
    ...cases,
    ...relationCases(resource, voice),
    callCase('methods that a path does not have are told', 'checkMethods', [...who, 'methods']),
    callCase('a body must be JSON in UTF-8, and not too large', 'checkBodies', [
      ...who,
      textList(['POST', ...(resource.patches.length > 0 ? ['PUT', 'PATCH'] : [])]),
    ]),
  ];
}

/** How the values of each column are compared. Texts that the server makes up have an order that depends on the language. */
export function kindsOf(resource: Resource): Readonly<Record<string, 'equal' | 'ordered' | 'text'>> {
  const kinds = resource.output
    .filter((column) => isComparable(column))
    .map((column): [string, 'equal' | 'ordered' | 'text'] => {
      const { type } = resource.typeOf(column);
      const made = generatorOf(column) === 'id' || column.references !== null;
      switch (type?.kind) {
        case 'text':
          return [column.name, made || type.base === 'char' ? 'equal' : 'text'];
        case 'integer':
        case 'bigint':
        case 'decimal':
        case 'date':
        case 'timestamp':
        case 'time':
          return [column.name, 'ordered'];
        default:
          return [column.name, 'equal'];
      }
    })
    .filter(([name]) => {
      const kind = resource.typeOf(resource.table.columns.find((column) => column.name === name) ?? missingColumn())
        .type?.kind;
      return kind !== 'float' && kind !== 'interval' && kind !== 'network' && kind !== 'bytes';
    });
  return Object.fromEntries(kinds);
}

function missingColumn(): never {
  throw new Error('A column of the table is not in it.');
}

export function badFilters(resource: Resource): readonly (readonly [string, string])[] {
  return resource.output
    .filter((column) => isComparable(column))
    .flatMap((column): [string, string][] => {
      const { type } = resource.typeOf(column);
      if (type?.kind === 'text')
        return [
          [`${column.name}[eq]`, 'a\0b'],
          [`${column.name}[above]`, 'a'],
        ];
      return [[`${column.name}[eq]`, 'neither this nor that']];
    });
}
