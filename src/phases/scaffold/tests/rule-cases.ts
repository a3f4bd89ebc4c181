import { accessOf, isAccountsTable } from '../../../domain/access.ts';
import { pointAt, scaleOf } from '../../../domain/sample-values.ts';
import type { Table } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { jsonCode, quoted } from '../source.ts';
import { type Case, callCase, objectCode } from './cases.ts';
import { missingValue, SEED, textList, uniqueSets } from './values.ts';
import { isSingle, refersToItself, type Voice } from './voice.ts';

/** Uniqueness, references, comparisons and what the database itself refuses. */
export function ruleCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, inputs } = resource;
  const who = [voice.client, quoted(table.name)];
  const isInput = (name: string) => inputs.some(({ column }) => column.name === name);
  const isPatch = (name: string) => resource.patches.some(({ column }) => column.name === name);
  const { owner } = accessOf(table, voice.schema);
  const owned = owner?.kind === 'column' ? owner.column : null;
  // Whoever makes a row is its owner; of what they alone have, one has only one.
  const uniques = uniqueSets(table).filter((columns) => columns.every(isSendable) && columns.join() !== owned);
  function isSendable(name: string): boolean {
    if (name === owned) return true;
    return isInput(name) && table.columns.some((column) => column.name === name && !column.sensitive);
  }
  const hashed = inputs.filter((field) => field.hashed);
  return [
    ...uniques.map((columns) =>
      callCase(uniqueTitle(columns, owned), 'checkUnique', [
        ...who,
        textList(columns),
        columns.every((name) => isPatch(name) || name === owned) ? 'methods' : "['POST']",
        ...(columns.includes(owned ?? '') ? [textList(columns.filter((name) => name !== owned))] : []),
      ]),
    ),
    ...referenceCases(resource, voice),
    ...comparisonCases(resource, voice),
    ...hashed.map(({ name, column }) =>
      callCase(`${name} is kept as a hash`, 'checkHashed', [
        ...who,
        quoted(name),
        quoted(column.name),
        isPatch(column.name) ? 'methods' : "['POST']",
      ]),
    ),
    ...constraintCases(resource, voice),
  ];
}

function uniqueTitle(columns: readonly string[], owned: string | null): string {
  const others = columns.filter((name) => name !== owned).join(' and ');
  return others === columns.join(' and ')
    ? `no two rows have the same ${others}`
    : `nobody has two rows of the same ${others}`;
}

const OUTCOMES = { 'no-action': 'restrict', restrict: 'restrict', cascade: 'cascade', 'set-null': 'null' } as const;

function referenceCases(resource: Resource, voice: Voice): readonly Case[] {
  const { table, inputs } = resource;
  const { schema } = voice;
  const who = [voice.client, quoted(table.name)];
  return table.columns.flatMap((column) => {
    const parent = schema.tables.find(({ name }) => name === column.references?.table);
    const field = inputs.find((candidate) => candidate.column === column);
    const target = parent?.columns.find(({ name }) => name === column.references?.column);
    if (!parent || !field || !target) return [];
    const changeable = resource.patches.some((patch) => patch.column === column);
    const nowhere = jsonCode(missingValue(target, schema));
    const cases = [
      callCase(`${field.name} must be that of a row`, 'checkReference', [
        ...who,
        quoted(field.name),
        nowhere,
        changeable ? 'methods' : "['POST']",
      ]),
    ];
    const outcome = OUTCOMES[column.references?.onDelete ?? 'no-action'];
    const what = { restrict: 'cannot be removed', cascade: 'takes it along', null: 'is forgotten' }[outcome];
    if (isAccountsTable(parent, schema)) {
      const args = [...who, quoted(field.name), quoted(target.name), quoted(outcome)];
      return [...cases, callCase(`the account that ${field.name} names ${what}`, 'checkNamed', args)];
    }
    if (refersToItself(table, parent, schema)) return cases;
    const of = textList([parent.name, target.name]);
    return [
      ...cases,
      ...(changeable && !isSingle(parent.name, schema)
        ? [callCase(`${field.name} can be changed`, 'checkMove', [...who, quoted(field.name), of])]
        : []),
      callCase(`the row that ${field.name} names ${what}`, 'checkParentRemoval', [
        ...who,
        quoted(field.name),
        of,
        quoted(outcome),
      ]),
    ];
  });
}

/** Values that break a comparison of two columns. */
function comparisonCases(resource: Resource, { client }: Voice): readonly Case[] {
  const { table, inputs } = resource;
  return table.checks.flatMap(({ left, operator, right }) => {
    const fields = [left, right].map((name) => inputs.find(({ column }) => column.name === name));
    const [one, other] = fields;
    const [low, high] = [one, other].map((field) => (field ? scaleOf(field.column) : null));
    if (!one || !other || !low || !high || table.checks.length > 1) return [];
    const [start, later] = [pointAt(low, SEED), pointAt(high, SEED)];
    const at = Math.min(Math.max(start, later), low.high, high.high);
    const step = Math.max(low.step, high.step);
    const [first, second] = operator.startsWith('<')
      ? [at, operator === '<' ? at : at - step]
      : operator.startsWith('>')
        ? [operator === '>' ? at : at - step, at]
        : [at, operator === '=' ? at - step : at];
    const ends = { [one.name]: jsonCode(low.encode(first)), [other.name]: jsonCode(high.encode(second)) };
    const values = objectCode(ends, 'apart');
    const errors = objectCode(
      {
        [one.name]: quoted(`${DEMANDS[operator][0]} ${right}`),
        [other.name]: quoted(`${DEMANDS[operator][1]} ${left}`),
      },
      'demands',
    );
    return [
      callCase(`${left} and ${right} must go together`, 'checkTogether', [
        client,
        quoted(table.name),
        { as: 'apart', code: values },
        { as: 'demands', code: errors },
      ]),
    ];
  });
}

const DEMANDS: Readonly<Record<Table['checks'][number]['operator'], readonly [string, string]>> = {
  '<': ['must be less than', 'must be greater than'],
  '<=': ['must not be greater than', 'must not be less than'],
  '>': ['must be greater than', 'must be less than'],
  '>=': ['must not be less than', 'must not be greater than'],
  '=': ['must equal', 'must equal'],
  '<>': ['must differ from', 'must differ from'],
};

/** The checks of columns, past the server: they hold even for who writes SQL by hand. */
export function constraintCases(resource: Resource, { client }: Voice): readonly Case[] {
  const { table } = resource;
  const cases = table.columns.flatMap((column) => {
    const { check } = column;
    const { type } = resource.typeOf(column);
    if (!check || column.primaryKey || type?.array) return [];
    const codes = [
      ...(check.min === undefined ? [] : [String(check.min - 1)]),
      ...(check.max === undefined ? [] : [String(check.max + 1)]),
      ...(check.minLength ? [check.minLength === 1 ? "''" : `'x'.repeat(${check.minLength - 1})`] : []),
      ...(check.maxLength === undefined ? [] : [`'x'.repeat(${check.maxLength + 1})`]),
    ];
    const narrow = type?.args[0] !== undefined && type.kind === 'text' ? '22001' : null;
    return codes.map((code) => {
      const isLong = code.includes('repeat') && code.includes(`(${(check.maxLength ?? 0) + 1})`);
      const state = isLong && narrow !== null && type?.args[0] === check.maxLength ? narrow : '23514';
      return callCase(`the database itself refuses ${code} as ${column.name}`, 'checkConstraint', [
        client,
        quoted(table.name),
        quoted(column.name),
        code,
        quoted(state),
      ]);
    });
  });
  return cases;
}
